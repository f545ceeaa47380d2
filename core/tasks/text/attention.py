"""The attention heads of BERT-like networks: which parameters belong to each layer's heads."""

from torch import nn

from core.tasks.records import Heads


def heads_of(model: nn.Module) -> tuple[Heads, ...]:
    """List the attention layers of a BERT-like network; none for other networks."""
    layers = []
    for name, module in model.named_modules():
        if all(hasattr(module, part) for part in ("query", "key", "value", "num_attention_heads")):
            rows = tuple(f"{name}.{part}.{leaf}" for part in ("query", "key", "value") for leaf in ("weight", "bias"))
            projection = f"{name.rpartition('.')[0]}.output.dense.weight"
            layers.append(Heads(module.num_attention_heads, rows, (projection,)))
    return tuple(layers)
