"""Weights of an ONNX file removed where they lie, by the same scores, scopes and patterns as any network's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from core.errors import BadInput, BadPlan
from core.language import text
from core.measure.histogram import Histogram, histograms
from core.onnx_files.reading import OnnxNetwork, parse
from core.onnx_files.weights import Weight, values_of
from core.pruning import Layer, PruningPlan, Ranking, rank
from core.pruning.criteria import known_criteria
from core.pruning.masks import cut
from core.tasks.base import Inputs, Task, TaskInfo

CRITERIA = ("magnitude", "random")
"""Criteria that need neither data nor gradients."""

WAY_OUT = text(
    "Bring its weights for an architecture that is here, prune and tune those, and take the result home as ONNX."
)
"""What to do where an ONNX file is not enough."""


@dataclass(frozen=True, eq=False)
class OnnxScores:
    """Hold the scores of an ONNX file's weights under a plan, sorted once; `prune_onnx` and pictures read them.

    network: the file; plan: the scoring part of the plan. task: the weights as parameters, named by their place.
    """

    network: OnnxNetwork
    plan: PruningPlan
    task: Task
    ranking: Ranking

    @property
    def names(self) -> dict[str, str]:
        """Parameter of the task -> name of the initialiser."""
        return {_key(place): weight.name for place, weight in enumerate(self.network.weights)}


@dataclass(frozen=True, eq=False)
class PrunedOnnx:
    """Hold what pruning left of an ONNX file.

    content: its bytes; those that came in, where nothing was removed.
    masks: initialiser -> bool of its stored shape, True where the weight is kept; what was zero before is not.
    threshold: the score at the cut; None where layers have their own, or a pattern decided.
    layers: what stays of each weight, with shapes as (out, in, ...).
    """

    content: bytes
    masks: Mapping[str, np.ndarray]
    threshold: float | None
    layers: tuple[Layer, ...]

    @property
    def sparsity(self) -> float:
        """The removed share of the weights that the plan may touch, 0 to 1."""
        total = sum(layer.weights for layer in self.layers)
        return 1 - sum(layer.kept for layer in self.layers) / total if total else 0.0


def check_plan(plan: PruningPlan) -> None:
    """Refuse a plan that an ONNX file cannot be pruned by. Raises BadPlan."""
    if plan.structured:
        raise BadPlan(
            text("Whole units of an ONNX file are not removed here: what reads them would have to change as well."),
            WAY_OUT,
        )
    if plan.criterion not in CRITERIA:
        label = known_criteria()[plan.criterion].label
        raise BadPlan(
            text("{label} needs data and a network that can learn, which an ONNX file is not.", label=label), WAY_OUT
        )


def score_onnx(network: OnnxNetwork, plan: PruningPlan | None = None) -> OnnxScores:
    """Score the weights of an ONNX file and sort the scores once; the plan's amounts do not matter.

    Raises BadPlan for a criterion that needs data or for whole units, BadInput where there is nothing to prune.
    """
    plan = plan or PruningPlan()
    check_plan(plan)
    if not any(plan.embeddings or not weight.embedding for weight in network.weights):
        raise _nothing_to_prune(network)
    keys = {weight.name: _key(place) for place, weight in enumerate(network.weights)}
    scoring = replace(plan, overrides={keys.get(name, name): share for name, share in dict(plan.overrides).items()})
    task = _as_task(network)
    return OnnxScores(network, plan.scoring, task, rank(task, scoring))


def prune_onnx(network: OnnxNetwork, plan: PruningPlan, scores: OnnxScores | None = None) -> PrunedOnnx:
    """Set to zero what a plan removes of an ONNX file's initialisers, and nothing else in the file.

    scores: what `score_onnx(network, plan)` returned, if it is at hand. Raises BadPlan, BadInput as that does, and
    ValueError for scores of another plan.
    """
    scores = scores or score_onnx(network, plan)
    if scores.network is not network or scores.plan != plan.scoring:
        raise ValueError("These scores were made for another file, or a plan that scores differently.")
    keys = {name: key for key, name in scores.names.items()}
    own = replace(plan, overrides={keys.get(name, name): share for name, share in dict(plan.overrides).items()})
    masks, _, thresholds = cut(scores.ranking, own)
    layers = tuple(
        Layer(scores.names[key], tuple(mask.shape), mask.numel(), int(torch.count_nonzero(mask)), thresholds.get(key))
        for key, mask in masks.items()
    )
    weights = {_key(place): weight for place, weight in enumerate(network.weights)}
    stored = {weights[key].name: _as_stored(mask, weights[key]) for key, mask in masks.items()}
    common = {value for key, value in thresholds.items() if key not in dict(own.overrides)}
    threshold = common.pop() if len(common) == 1 else None
    return PrunedOnnx(_written(network.content, stored), stored, threshold, layers)


def onnx_histograms(
    scores: OnnxScores, plan: PruningPlan, sparsities: Sequence[float], bins: int = 80
) -> list[Histogram]:
    """Count what is compared in each weight of an ONNX file, and what each sparsity would keep of it."""
    found = histograms(
        scores.task, scores.ranking, replace(plan, overrides=scores.ranking.plan.overrides), sparsities, bins
    )
    return [replace(each, name=scores.names[each.name]) for each in found]


def _as_task(network: OnnxNetwork) -> Task:
    """Return a task whose model is nothing but the weights of a file, (out, in, ...), for what scores and sorts."""
    stored = {each.name: each for each in parse(network.content).graph.initializer}
    model = nn.Module()
    for place, weight in enumerate(network.weights):
        values = torch.from_numpy(values_of(stored[weight.name], weight))
        model.register_parameter(_key(place), nn.Parameter(values, requires_grad=False))
    names = tuple(_key(place) for place in range(len(network.weights)))
    looked_up = tuple(name for name, weight in zip(names, network.weights, strict=True) if weight.embedding)
    info = TaskInfo(
        "onnx", text("An ONNX file"), "", "Accuracy", network.parameters, text("brought by a person"), False
    )
    return Task(
        info=info,
        model=model,
        prunable=names,
        example=torch.zeros(1),
        score=_needs_network,
        draw=_needs_network,
        loss=_needs_network,
        count=lambda split: 0,
        inputs=Inputs(""),
        opt_in_parameters=looked_up,
    )


def _needs_network(*_: Any) -> NoReturn:
    raise BadInput(text("An ONNX file answers only; it cannot learn here."), WAY_OUT)


def _key(place: int) -> str:
    """Name a parameter by its place, since a stranger's names may be of any kind."""
    return f"w{place}"


def _as_stored(mask: Tensor, weight: Weight) -> np.ndarray:
    """Turn a mask (out, in, ...) to the order in which the file has the weight."""
    return np.ascontiguousarray(mask.numpy().transpose(np.argsort(weight.axes)))


def _written(content: bytes, masks: Mapping[str, np.ndarray]) -> bytes:
    """Return a file with zeros where masks (of the stored shapes) say so; the very same where that changes nothing."""
    model = parse(content)
    changed = False
    for tensor in model.graph.initializer:
        if tensor.name not in masks:
            continue
        values = np.array(numpy_helper.to_array(tensor))
        gone = ~masks[tensor.name] & (values != 0)
        if not gone.any():
            continue
        changed = True
        values[gone] = 0
        for field in ("float_data", "int32_data", "double_data"):  # float16 and bfloat16 may lie in the second
            tensor.ClearField(field)
        tensor.raw_data = values.tobytes()
    return model.SerializeToString() if changed else content


def _nothing_to_prune(network: OnnxNetwork) -> BadInput:
    if network.quantised:
        return BadInput(
            text("The weights of this ONNX file are whole numbers already (int8), which are not pruned here."),
            text("Bring the file from before it was quantised, prune that, and choose int8 then."),
        )
    if network.weights:
        return BadInput(
            text("All weights of this ONNX file are embeddings."), text("Allow embeddings to be pruned as well.")
        )
    return BadInput(
        text(
            "This ONNX file has no weights of layers that multiply (MatMul, Gemm, Conv, LSTM ...) in its initialisers."
        ),
        text("Export it with its weights as initialisers."),
    )
