"""The attention heads of networks that look at pictures: which parameters belong to each layer's heads."""

import torch
from torch import Tensor, nn

from core.tasks.records import Heads
from core.tasks.silent_heads import confirmed


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
    if not others:
        return tuple(known)
    noise = torch.randn(example.shape, generator=torch.Generator().manual_seed(0))
    return (*known, *confirmed(model, {heads: heads.rows[-1:] for heads in others}, noise))


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
