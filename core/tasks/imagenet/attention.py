"""The attention heads of networks that look at pictures: which parameters belong to each layer's heads."""

import torch
from torch import Tensor, nn

from core.tasks.records import Heads


def heads_of(model: nn.Module, example: Tensor) -> tuple[Heads, ...]:
    """List the attention layers of a network of torchvision or timm; none for other networks.

    example: one input of batch size 1. A layer that neither torch nor torchvision wrote is listed once it is seen that
    its heads lie where they should.
    """
    known: list[Heads] = []
    others: list[Heads] = []
    for name, module in model.named_modules():
        heads = _of_torch(name, module) if isinstance(module, nn.MultiheadAttention) else _of_vision(name, module)
        if heads is not None:
            (known if type(module).__module__.startswith(("torch.", "torchvision.")) else others).append(heads)
    return (*known, *(_confirmed(model, others, example) if others else ()))


def _confirmed(model: nn.Module, layers: list[Heads], example: Tensor) -> list[Heads]:
    """Return those layers whose first head falls silent, and no other one, once its values are zero."""
    confirmed: list[Heads] = []

    def look(heads: Heads, given: tuple[Tensor, ...]) -> None:
        silent = (given[0] == 0).unflatten(-1, (heads.count, -1)).flatten(0, -3).all(-1).all(0)  # (heads,)
        if silent[0] and not silent[1:].any():
            confirmed.append(heads)

    parameters, generator = dict(model.named_parameters()), torch.Generator().manual_seed(0)
    changed = {}  # other weights, in case that some heads of the network are silent already
    for heads in layers:
        for parts, names in ((3, heads.packed), (1, heads.rows[-1:])):
            for name in names:
                changed[name] = torch.randn(parameters[name].shape, generator=generator) / 10
                changed[name].unflatten(0, (parts, heads.count, -1))[-1, 0] = 0
    hooks = [
        model.get_submodule(heads.columns[0].removesuffix(".weight")).register_forward_pre_hook(
            lambda module, given, heads=heads: look(heads, given)
        )
        for heads in layers
    ]
    try:
        with torch.inference_mode():
            noise = torch.randn(example.shape, generator=generator)
            torch.func.functional_call(model, changed, (noise,))
    finally:
        for hook in hooks:
            hook.remove()
    return [heads for heads in layers if heads in confirmed]


def _of_vision(name: str, module: nn.Module) -> Heads | None:
    """Describe the heads of one layer, if it is an attention as torchvision and timm write it."""
    count = getattr(module, "num_heads", getattr(module, "n_heads", None))
    packed = next((leaf for leaf in ("qkv", "to_qkv") if isinstance(getattr(module, leaf, None), nn.Linear)), "")
    behind = next((leaf for leaf in ("proj", "merge") if isinstance(getattr(module, leaf, None), nn.Linear)), "")
    if not isinstance(count, int) or not packed or not behind:
        return None
    numbers = getattr(module, behind).in_features
    if getattr(module, packed).out_features != 3 * numbers or numbers % count:
        return None
    parameters = dict(module.named_parameters())
    table = "relative_position_bias_table"
    return Heads(
        count,
        tuple(f"{name}.{leaf}" for leaf in ("q_bias", "v_bias") if leaf in parameters),
        (f"{name}.{behind}.weight",),
        tuple(f"{name}.{packed}.{leaf}" for leaf in ("weight", "bias") if f"{packed}.{leaf}" in parameters),
        (f"{name}.{table}",) if table in parameters and parameters[table].shape[-1] == count else (),
        name,
    )


def _of_torch(name: str, module: nn.MultiheadAttention) -> Heads | None:
    """Describe the heads of torch's own attention, where its inputs are of one size and nothing is added to them."""
    if module.in_proj_weight is None or module.bias_k is not None or module.add_zero_attn:
        return None
    packed = ("in_proj_weight", "in_proj_bias") if module.in_proj_bias is not None else ("in_proj_weight",)
    return Heads(
        module.num_heads,
        (),
        (f"{name}.out_proj.weight",),
        tuple(f"{name}.{leaf}" for leaf in packed),
        module=name,
    )
