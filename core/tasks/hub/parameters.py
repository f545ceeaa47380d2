"""Which parameters of a network of `transformers` may be pruned: each shared one once, answers and positions never."""

from torch import nn

from core.tasks.base import prunable_parameters

ANSWERS = ("pooler", "classifier", "classification_head", "score")
"""Parts of the names of parameters that stay whole, since they give the answers."""


def word_table(model: nn.Module) -> str:
    """Name the table of words of a network, under its first name where several layers share it; "" for none."""
    try:
        layer = model.get_submodule("network").get_input_embeddings()  # type: ignore[operator]
    except (AttributeError, NotImplementedError):
        return ""
    if not isinstance(layer, nn.Embedding):
        return ""
    return next((name for name, value in model.named_parameters() if value is layer.weight), "")


def prunable_in(model: nn.Module) -> tuple[str, ...]:
    """List what may be pruned: weights of layers and the table of words; not answers, nor tables of positions."""
    table = word_table(model)
    tables = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, nn.Embedding)}
    answers = {name for name, _ in model.named_parameters() if any(part in name for part in ANSWERS)}
    return prunable_parameters(model, (tables - {table}) | answers)
