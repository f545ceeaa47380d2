"""An architecture with tensors of other sizes: a network without some units, or with another number of answers."""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.tasks.fewer_heads import FewerHeads


def resized_to(model: nn.Module, tensors: Mapping[str, Tensor]) -> nn.Module:
    """Return a copy in eval mode that holds these tensors, its layers as large as they are.

    How many groups a convolution has follows from its sizes. Raises RuntimeError where the names are others.
    """
    fitted = copy.deepcopy(model)
    state = fitted.state_dict()
    for name, value in tensors.items():
        if name not in state or state[name].shape == value.shape:
            continue
        owner, _, leaf = name.rpartition(".")
        module = fitted.get_submodule(owner)
        if isinstance(module, nn.MultiheadAttention):
            fitted.set_submodule(owner, module := FewerHeads(module))
        empty = torch.zeros(value.shape, dtype=state[name].dtype)
        if leaf in module._parameters:
            module._parameters[leaf] = nn.Parameter(empty)
        else:
            module._buffers[leaf] = empty
    for name, module in fitted.named_modules():
        _tell_sizes(module, model.get_submodule(name))
    fitted.load_state_dict(dict(tensors))
    return fitted.eval()


def _tell_sizes(layer: nn.Module, before: nn.Module) -> None:
    """Let a layer know the sizes of its tensors, in place."""
    weight = getattr(layer, "weight", None)
    if not isinstance(weight, Tensor):
        return
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = weight.shape
    elif isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d) and isinstance(before, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        if before.groups > 1 and weight.shape[1] == before.weight.shape[1]:  # whole groups went
            layer.groups = max(1, before.groups * weight.shape[0] // before.out_channels)
        layer.out_channels, layer.in_channels = weight.shape[0], weight.shape[1] * layer.groups
    elif isinstance(layer, nn.modules.batchnorm._BatchNorm):
        layer.num_features = weight.shape[0]
    elif isinstance(layer, nn.LayerNorm):
        layer.normalized_shape = tuple(weight.shape)
    elif isinstance(layer, nn.GroupNorm):
        layer.num_channels = weight.shape[0]
    elif isinstance(layer, nn.Embedding):
        layer.num_embeddings, layer.embedding_dim = weight.shape


def output_shape(model: nn.Module, example: Tensor) -> tuple[int, ...]:
    """Return the shape of what a network answers to an input. Raises RuntimeError where its layers do not join."""
    try:
        with torch.inference_mode():
            answer = model(example)
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
        raise RuntimeError("The layers do not join.") from error
    return tuple(answer.shape) if isinstance(answer, Tensor) else ()


def only_smaller(tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], outputs: int) -> bool:
    """Tell whether tensors have sides no longer than wanted, the windows of convolutions as they were.

    outputs: answers of the wanted network; of a tensor with so many rows the number of rows is free.
    """
    for name, value in tensors.items():
        sides, most = tuple(value.shape), tuple(wanted[name].shape)
        free = most[:1] == (outputs,)
        if len(sides) != len(most) or sides[2:] != most[2:] or 0 in sides:
            return False
        if any(side > limit for side, limit in zip(sides[free:2], most[free:2], strict=True)):
            return False
    return True
