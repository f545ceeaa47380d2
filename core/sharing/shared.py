"""Weight sharing: each layer's kept weights take one of a few values, tuned together afterwards."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.language import text
from core.pruning import Pruned
from core.sharing.clusters import cluster
from core.tasks.base import Task

RATE = 0.01
"""What a bit is worth, see `cluster`: a sixth of the codes' bytes for a hundredth of the weights' variance at most."""

STEPS, BATCH, LEARNING_RATE = 200, 64, 3e-4
"""How the shared values are tuned: steps of Adam, examples of each, and its first rate."""


@dataclass(frozen=True, eq=False)
class SharedWeights:
    """Hold a network whose weights share values.

    model: the network; removed weights are exactly zero.
    values: parameter -> its shared values, (k,), of float32.
    codes: parameter -> int64 of its shape: 0 where the weight is removed, else one more than the place of its value.
    """

    model: nn.Module
    values: Mapping[str, Tensor]
    codes: Mapping[str, Tensor]


def written_once(model: nn.Module) -> dict[str, Tensor]:
    """Return the tensors of floating point by name; what several layers share is there once, under its first name."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, value in model.state_dict().items():
        if value.is_floating_point() and value.data_ptr() not in seen:
            seen |= {value.data_ptr()} if value.numel() else set()
            found[name] = value
    return found


def shareable(model: nn.Module) -> dict[str, Tensor]:
    """Return those that are written as codes: of two dimensions or more."""
    return {name: value for name, value in written_once(model).items() if value.ndim > 1 and value.numel()}


def share_weights(pruned: Pruned, bits: int) -> SharedWeights:
    """Give the kept weights of each layer one of at most 2 ** bits values of their layer's own.

    Raises BadPlan for a network with weights that are no numbers.
    """
    model = copy.deepcopy(pruned.model)
    values, codes = {}, {}
    for name, weight in shareable(model).items():
        if not bool(weight.isfinite().all()):
            raise BadPlan(
                text("The layer {name} holds values that are no numbers.", name=name),
                text("Share the weights of a network that can answer."),
            )
        kept = weight != 0
        codes[name] = torch.zeros(weight.shape, dtype=torch.int64)
        if not bool(kept.any()):
            values[name] = torch.zeros(1)
            continue
        found, places = cluster(weight[kept].float().numpy(), 2**bits, RATE)
        values[name] = torch.from_numpy(found)
        codes[name][kept] = torch.from_numpy(places) + 1
    shared = SharedWeights(model, values, codes)
    _write(shared)
    return shared


def tune_shared(task: Task, shared: SharedWeights, seed: int = 0, steps: int = STEPS) -> Iterator[tuple[int, int]]:
    """Tune the shared values, and what is not shared, on training data; yield (steps done, steps in all).

    All weights of one value move together, by the sum of their gradients (Han et al. 2016). Normalisation keeps its
    statistics. Changes `shared.model` and `shared.values`; a network that cannot learn so stays as it is.
    """
    model, generator = shared.model, torch.Generator().manual_seed(seed)
    parameters = dict(model.named_parameters())
    moved = {name: shared.values[name].clone() for name in shared.values if name in parameters}
    alone = [value for name, value in parameters.items() if name not in moved]
    optimiser = torch.optim.Adam([*moved.values(), *alone], lr=LEARNING_RATE)
    model.eval()
    done = 0
    while done < steps and task.count("train"):
        for inputs, targets in task.batches("train", BATCH, generator, (), model):
            optimiser.param_groups[0]["lr"] = LEARNING_RATE * (1 + math.cos(math.pi * done / steps)) / 2
            model.zero_grad()
            with torch.enable_grad():
                loss = task.loss(model(inputs), targets, 0.0)
                loss.backward()
            if not bool(loss.isfinite()):
                return
            for name, value in moved.items():
                gradient = parameters[name].grad
                if gradient is None:  # the network does not use it
                    continue
                sums = torch.zeros(len(value) + 1).index_add_(0, shared.codes[name].flatten(), gradient.flatten())
                value.grad = sums[1:]
            optimiser.step()
            for name, value in moved.items():
                shared.values[name].copy_(value)
            _write(shared)
            done += 1
            yield done, steps
            if done >= steps:
                break


def _write(shared: SharedWeights) -> None:
    """Put the shared values into the network."""
    weights = shareable(shared.model)
    with torch.no_grad():
        for name, codes in shared.codes.items():
            weights[name].copy_(torch.cat((torch.zeros(1), shared.values[name]))[codes])
