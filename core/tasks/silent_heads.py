"""Whether attention heads lie where they are taken to lie: by silencing one, and looking which one falls silent.

Who writes query, key and value into one matrix may put all heads' queries first, as (3, heads, width), or head by head,
as (heads, 3, width) of GPT-NeoX and BLOOM, or otherwise; names and sizes tell nothing of it, and by the wrong one parts
of several heads would go.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.tasks.records import Heads


def confirmed(model: nn.Module, layers: Mapping[Heads, tuple[str, ...]], inputs: Tensor) -> list[Heads]:
    """Return those layers of which the first head falls silent, and no other one, once its values are zero.

    layers: heads -> weights and biases among their rows that make values; of what is packed the last third does.
    inputs: a batch on which the network is asked; layers that it does not ask are not confirmed.
    """
    seen: dict[Heads, list[bool]] = {}

    def look(heads: Heads, given: tuple[Tensor, ...]) -> None:
        silent = (given[0] == 0).unflatten(-1, (heads.count, -1)).flatten(0, -3).all(-1).all(0)  # (heads,)
        seen.setdefault(heads, []).append(bool(silent[0]) and not bool(silent[1:].any()))

    parameters, generator = dict(model.named_parameters()), torch.Generator().manual_seed(0)
    fitting = [heads for heads in layers if _can_be_cut(parameters, heads, layers[heads])]
    changed = {}  # other weights, in case that some heads of the network are silent already
    for heads in fitting:
        for parts, names in ((3, heads.packed), (1, layers[heads])):
            for name in names:
                drawn = torch.randn(parameters[name].shape, generator=generator) / 10
                rows = drawn.T if heads.inputs_first and drawn.ndim > 1 else drawn
                rows.unflatten(0, (parts, heads.count, -1))[-1, 0] = 0
                changed[name] = drawn.to(parameters[name].dtype)
    hooks = [
        model.get_submodule(heads.columns[0].removesuffix(".weight")).register_forward_pre_hook(
            lambda module, given, heads=heads: look(heads, given)
        )
        for heads in fitting
    ]
    try:
        with torch.inference_mode():
            torch.func.functional_call(model, changed, (inputs,))
    finally:
        for hook in hooks:
            hook.remove()
    return [heads for heads in fitting if all(seen.get(heads, [False]))]


def _can_be_cut(parameters: Mapping[str, Tensor], heads: Heads, values: tuple[str, ...]) -> bool:
    """Whether all parts have a number of rows of which each head can have as many."""
    for parts, names in ((3, heads.packed), (1, values)):
        for name in names:
            if parameters[name].shape[1 if heads.inputs_first and parameters[name].ndim > 1 else 0] % (
                parts * heads.count
            ):
                return False
    return True
