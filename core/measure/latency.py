"""How long a network takes, measured on this machine now: what each kind of sparsity really saves."""

import copy
import random
import statistics
import time
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from core.errors import BadPlan
from core.language import text
from core.pruning import Pruned, shrink

Key = TypeVar("Key", bound=Hashable)

WARM, LEAST = 3, 15
"""Passes before anything counts, and how many count at least."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds of one pass: the median with its quartiles, of `runs` passes."""

    median: float
    low: float
    high: float
    runs: int


class SparseLinear(nn.Module):
    """A fully connected layer whose weight is kept in compressed sparse rows (CSR)."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight = layer.weight.detach().to_sparse_csr()
        self.bias = layer.bias.detach() if layer.bias is not None else None

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs (..., out) for inputs (..., in)."""
        flat = inputs.reshape(-1, inputs.shape[-1])
        output = (self.weight @ flat.T).T
        output = output if self.bias is None else output + self.bias
        return output.reshape(*inputs.shape[:-1], -1)


def variants(dense: nn.Module, pruned: Pruned) -> tuple[dict[str, nn.Module], dict[str, str]]:
    """Return the networks that could be shipped, dense, with zeros, with sparse layers, smaller; and why one is not.

    Sparse layers are there where fully connected ones were pruned weight by weight; the smaller network for units.
    What cannot be built, or answers differently from the network with zeros, is left out: name -> the reason.
    """
    found, left_out = {"dense": dense, "with zeros": pruned.model}, {}
    if pruned.plan.structured:
        try:
            found["smaller"] = shrink(pruned)
        except BadPlan as error:
            left_out["smaller"] = error.what
        return found, left_out
    sparse = copy.deepcopy(pruned.model)
    names = [name.removesuffix(".weight") for name in pruned.masks if name.endswith(".weight")]
    linear = {name: layer for name in names if isinstance(layer := sparse.get_submodule(name), nn.Linear)}
    if not linear:
        return found, left_out
    inputs = pruned.examples() if pruned.examples else pruned.example
    try:
        for name, layer in linear.items():
            owner, _, leaf = name.rpartition(".")
            setattr(sparse.get_submodule(owner), leaf, SparseLinear(layer))
        with torch.inference_mode():
            same = torch.allclose(sparse(inputs), pruned.model(inputs), rtol=1e-3, atol=1e-3, equal_nan=True)
    except Exception:  # layers that are used otherwise than by calling them fail in ways of their own
        left_out[SPARSE] = text("its layers use their weights in a way that sparse ones do not know.")
        return found, left_out
    if same:
        found[SPARSE] = sparse
    else:
        left_out[SPARSE] = text("it would answer differently.")
    return found, left_out


SPARSE = text("sparse (CSR)")


def latencies(
    models: Mapping[Key, nn.Module], inputs: Tensor, seconds: float = 1.0, least: int = LEAST
) -> Iterator[dict[Key, Latency]]:
    """Time all models on the same inputs in turn, so that whatever else the machine does hits all alike.

    The order changes from turn to turn, by a seed.

    seconds: how long to go on, but at least so many passes of each. Yields what is known so far, now and then.
    """
    times: dict[Key, list[float]] = {name: [] for name in models}
    begun = reported = time.perf_counter()
    order, chance = list(models), random.Random(0)
    for turn in range(100_000):
        chance.shuffle(
            order
        )  # who comes after whom matters: caches are warm, or another one's threads are not yet still
        with torch.inference_mode():
            for name in order:
                model = models[name]
                start = time.perf_counter()
                model(inputs)
                if turn >= WARM:
                    times[name].append(1000 * (time.perf_counter() - start))
        now = time.perf_counter()
        over = turn >= WARM + least and now - begun >= seconds
        if turn > WARM and (over or now - reported > 0.3):
            reported = now
            yield {name: _summary(each) for name, each in times.items()}
        if over:
            return


def _summary(times: list[float]) -> Latency:
    low, median, high = statistics.quantiles(times, n=4) if len(times) > 1 else times * 3
    return Latency(median, low, high, len(times))
