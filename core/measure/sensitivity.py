"""Which layers are sensitive: quality when one layer alone is pruned, at several sparsities.

What lies before the touched layer is computed once for each slice of the data, and only what depends on that layer is
computed again, as far as the network can be traced; the figures are the same as those of the whole network.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from core.measure.layer_swap import SwappedLayer, TracedNetwork, WholeNetwork
from core.pruning import PruningPlan, prune, rank, removable
from core.quality import Quality
from core.tasks.base import Task


@dataclass(frozen=True)
class Sensitivity:
    """How far a scan is, and what it says so far.

    seen, of: examples judged, and in all.
    sparsities: of one layer's weights, 0 to 1.
    qualities: parameter -> its quality at each of the sparsities, all other layers whole.
    dense: the whole network on the same examples, which is what is lost is compared with.
    """

    seen: int
    of: int
    sparsities: tuple[float, ...]
    qualities: Mapping[str, tuple[Quality, ...]]
    dense: Quality

    def by_fragility(self, worst: float = 0.0) -> list[str]:
        """List the parameters, the most fragile first: by the mean quality, of the dense one's, over the sparsities."""

        def mean(name: str) -> float:
            found = [quality.relative(self.dense, worst).value for quality in self.qualities[name]]
            return sum(-math.inf if math.isnan(value) else value for value in found) / len(found)

        return sorted(self.qualities, key=mean)


def sensitivity(
    task: Task,
    sparsities: Sequence[float],
    plan: PruningPlan | None = None,
    split: str = "validation",
    limit: int | None = None,
    part: tuple[int, int] = (0, 1),
) -> Iterator[Sensitivity]:
    """Prune each layer alone to each of the sparsities and judge the network; yields early figures, the whole last.

    plan: its criterion judges importance; its amounts do not matter.
    part: (number, of how many) to scan a share of the layers only; `join_parts` makes one scan of all shares.
    Raises BadPlan for a plan that removes units or follows a pattern, ValueError without sparsities.
    """
    if not sparsities:
        raise ValueError("A scan needs at least one sparsity.")
    base = replace((plan or PruningPlan()).without_amount, granularity="weight", scope="global", overrides={})
    names = tuple(removable(task, "weight", base.embeddings))
    base = replace(base, overrides=dict.fromkeys(names, 0.0))
    ranking = rank(task, base)
    shared = TracedNetwork(copy.deepcopy(task.model).to(memory_format=torch.channels_last))
    streams = []
    for sparsity in sparsities:
        pruned = prune(task, replace(base, overrides=dict.fromkeys(names, sparsity)), ranking)
        for layer in share(pruned.layers, part):
            weight = pruned.model.get_parameter(layer.name).detach()
            touched = SwappedLayer(shared, layer.name, weight)
            streams.append((layer.name, task.refine(touched, split, limit)))
    total = min(limit or task.count(split), task.count(split))
    whole = task.refine(WholeNetwork(shared), split, limit)
    while True:
        # All go on by one slice in turn, so that what they share has to be kept for that slice only.
        dense = next(whole, None)
        if dense is None:
            return
        found: dict[str, list[Quality]] = {}
        for name, stream in streams:
            found.setdefault(name, []).append(next(stream))
        qualities = {name: tuple(each) for name, each in found.items()}
        yield Sensitivity(dense.n, total, tuple(sparsities), qualities, dense)


def share(layers: Sequence[Any], part: tuple[int, int]) -> Sequence[Any]:
    """Return a part of all layers, there and back again: a layer costs what lies behind it, so the first ones most."""
    number, parts = part
    return [each for place, each in enumerate(layers) if place % (2 * parts) in (number, 2 * parts - 1 - number)]


def join_parts(parts: Sequence[Sensitivity]) -> Sensitivity:
    """Return the scan of all layers, in the network's order, from the shares of one slice of the data."""
    queues, joined = [iter(part.qualities.items()) for part in parts], {}
    for place in range(sum(len(part.qualities) for part in parts)):
        turn = place % (2 * len(parts))
        name, found = next(queues[min(turn, 2 * len(parts) - 1 - turn)])
        joined[name] = found
    return replace(parts[0], qualities=joined)
