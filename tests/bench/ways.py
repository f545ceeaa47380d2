"""Validation accuracy of `fashion-lenet5` by what is removed and how it is judged, before any fine-tuning."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.pruning import PruningPlan, prune, rank
from core.tasks import load

SPARSITIES = (0.5, 0.8, 0.9, 0.95)

WAYS = {
    "single weights, by magnitude": PruningPlan(),
    "by size times input": PruningPlan(criterion="activation"),
    "the same within each output (Wanda)": PruningPlan(criterion="activation", scope="row"),
    "by effect on the loss": PruningPlan(criterion="first-order"),
    "by chance": PruningPlan(criterion="random"),
    "magnitude, same share of each layer": PruningPlan(scope="layer"),
    "magnitude, LAMP": PruningPlan(scope="lamp"),
    "magnitude, ERK": PruningPlan(scope="erk"),
    "channels and neurons, by magnitude": PruningPlan(granularity="channel"),
    "units, same share of each layer": PruningPlan(granularity="channel", scope="layer"),
    "units, by size times input": PruningPlan(granularity="channel", criterion="activation"),
    "units, by effect on the loss": PruningPlan(granularity="channel", criterion="first-order"),
    "units, by zero activations": PruningPlan(granularity="channel", criterion="zero-activations"),
    "units, by chance": PruningPlan(granularity="channel", criterion="random"),
}


def run() -> Iterator[dict[str, Any]]:
    """Yield a line for each way to prune, with all 5,000 validation pictures."""

    task = load("fashion-lenet5")
    yield {"removed": "nothing (dense)", "50 %": f"{task.evaluate(task.model).value:.1%}"}
    for name, plan in WAYS.items():
        ranking = rank(task, plan)
        found = (task.evaluate(prune(task, replace(plan, sparsity=s), ranking).model).value for s in SPARSITIES)
        yield {
            "removed": name,
            **{f"{s:.0%}".replace("%", " %"): f"{q:.1%}" for s, q in zip(SPARSITIES, found, strict=True)},
        }
