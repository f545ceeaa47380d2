"""The sensitivity scan, against judging the whole network for each layer and sparsity."""

import time
from collections.abc import Iterator
from typing import Any

from core.measure import sensitivity
from core.pruning import PruningPlan, prune, rank
from core.tasks import load

SPARSITIES = (0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

LIMIT = 1_000
"""Validation examples."""


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each network."""
    for name in ("fashion-resnet", "fashion-lenet5"):
        task = load(name)
        next(sensitivity(task, SPARSITIES[:1], limit=LIMIT))
        begun = time.perf_counter()
        *_, scan = sensitivity(task, SPARSITIES, limit=LIMIT)
        ours = time.perf_counter() - begun
        begun = time.perf_counter()
        layers = dict.fromkeys(task.prunable, 0.0)
        ranking = rank(task, PruningPlan(overrides=layers))
        same = True
        for place, sparsity in enumerate(SPARSITIES):
            masks = prune(task, PruningPlan(overrides=dict.fromkeys(layers, sparsity)), ranking).masks
            for layer in task.prunable:
                alone = prune(task, PruningPlan())
                weight = alone.model.get_parameter(layer)
                weight.data.masked_fill_(~masks[layer], 0)
                same &= task.evaluate(alone.model, limit=LIMIT) == scan.qualities[layer][place]
        plain = time.perf_counter() - begun
        yield {
            "model": name,
            "figures": len(SPARSITIES) * len(task.prunable),
            "whole network s": round(plain, 1),
            "ours s": round(ours, 1),
            "ratio": round(plain / ours, 2),
            "same to the last digit": same,
        }
