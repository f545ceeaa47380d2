"""What a slider step found, as plain data and back."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from core.errors import BadInput, PlaygroundError
from core.experiment import Experiment
from core.measure import Cost, PlanResult
from core.pruning import Layer, PruningPlan
from core.store.figures import UNREADABLE, data_to_quality, quality_to_data

Answer = PlanResult | Cost


def answer_to_data(answer: Answer) -> dict[str, Any]:
    """Return figures as plain data, from which `data_to_answer` makes equal ones."""
    if isinstance(answer, Cost):
        return {"cost": dataclasses.asdict(answer)}
    return {
        "plan": Experiment(plan=answer.plan).to_dict().get("plan", {}),
        "sparsity": answer.sparsity,
        "threshold": answer.threshold,
        "layers": [[each.name, list(each.shape), each.weights, each.kept, each.threshold] for each in answer.layers],
        "collapsed": list(answer.collapsed),
        "quality": quality_to_data(answer.quality),
        "settled": answer.settled,
        "silent": answer.silent,
        "unscored": list(answer.unscored),
    }


def data_to_answer(data: Mapping[str, Any]) -> Answer:
    """Return the figures that `answer_to_data` wrote. Raises BadInput for what it did not write."""
    try:
        if "cost" in data:
            return Cost(**{name: int(value) for name, value in data["cost"].items()})
        threshold = data["threshold"]
        return PlanResult(
            PruningPlan(**data["plan"]),
            float(data["sparsity"]),
            None if threshold is None else float(threshold),
            tuple(_layer(*each) for each in data["layers"]),
            tuple(map(str, data["collapsed"])),
            data_to_quality(data["quality"]),
            bool(data["settled"]),
            bool(data["silent"]),
            tuple(map(str, data["unscored"])),
        )
    except (AttributeError, KeyError, TypeError, ValueError, PlaygroundError) as error:
        raise BadInput(*UNREADABLE) from error


def _layer(name: str, shape: list[int], weights: int, kept: int, threshold: float | None) -> Layer:
    return Layer(str(name), tuple(map(int, shape)), int(weights), int(kept), threshold)
