"""The long work that runs beside the page: plain data in, a stream of plain data out."""

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import torch
from safetensors.torch import load as load_weights
from safetensors.torch import save
from torch import Tensor

from core.downloads import DownloadProgress
from core.downloads import fetch as fetch_file
from core.export import Findings
from core.export import report as make_report
from core.measure import (
    Budget,
    Candidate,
    Cost,
    Latency,
    PlanResult,
    Quality,
    Sensitivity,
    ShiftResult,
    as_shipped,
    confusion,
    effective,
    file_sizes,
    further,
    further_changes,
    latencies,
    macs,
    plain_size,
    robustness,
    sensitivity,
    variants,
)
from core.measure import cost as count_cost
from core.measure import search as search_plans
from core.measure import sweep as sweep_steps
from core.pruning import Pruned, PruningPlan, prune
from core.tasks import load, missing
from core.tasks.base import Task
from core.tasks.hub.task import HubModel, look_up
from core.tuning import Recipe, fine_tune, own_sparsity, preset_for


@dataclass(frozen=True)
class TuneProgress:
    """How far a fine-tune is, without anything that only lives in the process that runs it.

    weights: safetensors bytes of the network's state, whenever `quality` is new; None between.
    masks: the same of its masks, those of biases and normalisation included.
    glance: the network on the validation examples that every look has seen.
    ended: whether the run came to its end, by its steps, its time limit or its patience.
    """

    step: int
    of: int
    loss: float
    quality: Quality | None
    train: Quality | None
    sparsity: float
    seconds: float
    left: float
    weights: bytes | None
    masks: bytes | None
    glance: Quality | None = None
    ended: bool = False


def tune(loaded: Callable[[str], Task], name: str, plan: PruningPlan, recipe: Recipe) -> Iterator[TuneProgress]:
    """Prune a task's model by a plan, then fine-tune it by a recipe."""
    task = loaded(name)
    for p in fine_tune(task, prune(task, plan), recipe):
        weights = masks = None
        if p.pruned is not None:
            weights, masks = save(p.model.state_dict()), save({**p.pruned.masks, **p.pruned.companion_masks})
        yield TuneProgress(
            p.step, p.of, p.loss, p.quality, p.train, p.sparsity, p.seconds, p.left, weights, masks, p.glance, p.ended
        )


def sweep(loaded: Callable[[str], Task], name: str, plans: tuple[PruningPlan, ...]) -> Iterator[PlanResult]:
    """Judge a task's model under each plan on validation data; yields often, so that it can be stopped quickly."""
    yield from sweep_steps(loaded(name), plans, early=True)


@dataclass(frozen=True)
class TunedPoint:
    """How far a comparison of fine-tunes is: `quality`, once it is known, is that at `sparsity` after `of` steps."""

    sparsity: float
    quality: Quality | None
    step: int
    of: int


def tune_points(
    loaded: Callable[[str], Task], name: str, sparsities: tuple[float, ...], steps: int
) -> Iterator[TunedPoint]:
    """Prune a task's model by magnitude to each sparsity and fine-tune it for so many steps of its quick recipe."""
    task = loaded(name)
    recipe = replace(preset_for(task, "quick"), steps=steps)
    for sparsity in sparsities:
        for p in fine_tune(task, prune(task, PruningPlan(sparsity=sparsity)), recipe):
            yield TunedPoint(p.sparsity, p.quality if p.ended else None, p.step, p.of)


def fetch(loaded: Callable[[str], Task], name: str) -> Iterator[DownloadProgress]:
    """Bring here what a task needs and this server has not got yet."""
    for remote in missing(name):
        yield from fetch_file(remote)


def hub(loaded: Callable[[str], Task], name: str, revision: str) -> Iterator[DownloadProgress | HubModel]:
    """Bring here one revision of a text classifier of the Hub; what comes last says where it is."""
    found = look_up(name, revision)
    for remote in found.files:
        yield from fetch_file(remote)
    yield found


SLOW = 1000
"""Examples of a glance below which a network counts as slow."""


def scan_layers(loaded: Callable[[str], Task], name: str, sparsities: tuple[float, ...]) -> Iterator[Sensitivity]:
    """Judge a task's model with one layer alone pruned, for each layer and sparsity.

    A slow network, one that a fine-tune only glances at, is judged on as many examples as such a glance takes.
    """
    task = loaded(name)
    yield from sensitivity(task, sparsities, limit=task.quick_eval_size if task.quick_eval_size < SLOW else None)


@dataclass(frozen=True)
class ShippingFigures:
    """What could be shipped of a pruned network, and what each of it costs.

    parameters, macs: of each variant, multiply-accumulates for one example; effective: those that are not with a zero.
    files: bytes of the network's file by encoding, for the variant "smaller" if there is one, else "with zeros".
    whole: bytes of the dense network's plain file.
    usual: the size of the examples that operations and times are of, in words; "" where all have one size.
    left_out: variant that could not be built -> why.
    latency: batch size -> variant -> milliseconds; threads: how many processor threads were used.
    """

    parameters: dict[str, int]
    macs: dict[str, int]
    effective: int
    files: dict[str, int]
    latency: dict[int, dict[str, Latency]]
    threads: int
    whole: int
    usual: str = ""
    left_out: dict[str, str] = field(default_factory=dict)


def measure_shipping(loaded: Callable[[str], Task], name: str, plan: PruningPlan) -> Iterator[ShippingFigures]:
    """Count, write and time what a plan leaves of a task's model; timing fills in bit by bit."""
    task = loaded(name)
    yield from shipping_figures(task, prune(task, plan))


def shipping_figures(task: Task, pruned: Pruned) -> Iterator[ShippingFigures]:
    """Count, write and time a pruned network as it could be shipped."""
    models, left_out = variants(task.model, pruned)
    plain = {key: model for key, model in models.items() if "CSR" not in key}
    counted = {key: macs(model, task.inputs_of_usual_size(1)) for key, model in plain.items()}
    smallest = models.get("smaller", pruned.model)
    weighed = ShippingFigures(
        {key: sum(p.numel() for p in model.parameters()) for key, model in plain.items()},
        {key: sum(each.values()) for key, each in counted.items()},
        sum(effective(pruned.model, counted["with zeros"]).values()),
        file_sizes(smallest),
        {},
        torch.get_num_threads(),
        plain_size(task.model),
        task.inputs.usual_size(),
        left_out,
    )
    yield weighed
    for batch in (1, 64):
        for found in latencies(models, timed_inputs(task, batch)):
            weighed = replace(weighed, latency={**weighed.latency, batch: found})
            yield weighed


def timed_inputs(task: Task, count: int) -> Tensor:
    """Return so many inputs to time a network with: real ones, of the usual size where examples differ in size."""
    if task.inputs.typical is not None or not task.count("validation"):
        return task.inputs_of_usual_size(count)
    return next(iter(task.batches("validation", count, torch.Generator().manual_seed(0), ())))[0]


def cost(loaded: Callable[[str], Task], name: str, plan: PruningPlan) -> Iterator[Cost]:
    """Say what a plan leaves of a task's model weighs; without its removed units where whole units go."""
    yield count_cost(as_shipped(prune(loaded(name), plan)))


SEARCHED = 500
"""Validation examples that judge each network of a search where all of them would take too long."""


def search_limit(task: Task) -> int | None:
    """Return how many validation examples judge each network of a search, None for all."""
    return max(task.quick_eval_size, SEARCHED) if task.quick_eval_size < SLOW else None


def search(loaded: Callable[[str], Task], name: str, budget: Budget) -> Iterator[Candidate]:
    """Look for the best that keeps to a budget."""
    task = loaded(name)
    yield from search_plans(task, budget, limit=search_limit(task))


def judge_shifts(loaded: Callable[[str], Task], name: str, plan: PruningPlan) -> Iterator[ShiftResult]:
    """Judge a task's model, dense and pruned, on shifted data, on as many examples as the task glances at."""
    task = loaded(name)
    models = {"Dense": task.model, "Pruned": prune(task, plan).model}
    yield from robustness(task, models, limit=task.quick_eval_size)


@dataclass(frozen=True)
class ReportProgress:
    """How far a report is: what is being done, and the page once it is complete."""

    done: int
    of: int
    doing: str
    page: str | None = None


REPORTED = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Sparsities at which a report sets a plan beside chance."""

CHANCES = 3
"""How many seeds of chance a report shows."""


def report(
    loaded: Callable[[str], Task],
    name: str,
    plan: PruningPlan,
    tuned: TuneProgress | None = None,
    recipe: Recipe | None = None,
    seeds: tuple[tuple[int, Quality], ...] = (),
) -> Iterator[ReportProgress]:
    """Measure everything that a report holds, about a plan and, if there is one, a fine-tune of it.

    tuned, recipe: what the fine-tune reached and what it was; seeds: the same fine-tune's figures by seed.
    """
    task = loaded(name)
    pruned = prune(task, plan)
    shipped = tuned_network(pruned, tuned) if tuned else pruned
    stages = {"dense": task.model, "pruned": pruned.model, **({"fine-tuned": shipped.model} if tuned else {})}
    swept = () if plan.pattern else REPORTED
    of, steps = len(stages) + CHANCES + 2 * len(swept) + 1, iter(range(1, 1000))
    figures, others, confused, changes = {}, {}, {}, {}
    said: dict[str, Tensor] = {}
    for stage, model in stages.items():
        yield ReportProgress(next(steps), of, f"judging the {stage} network")
        figures[stage] = {split: task.evaluate(model, split) for split in ("validation", "test")}
        if task.classifier:
            said[stage] = task.classifier.logits(model, "validation")
        others[stage] = further(task, model, said=said.get(stage))
        if stage != "dense":
            pair = (said["dense"], said[stage]) if said else None
            changes[stage] = further_changes(task, others["dense"], others[stage], pair)
        if task.classes:
            confused[stage] = confusion(task, model)
    chances = []
    for seed in range(CHANCES):
        yield ReportProgress(next(steps), of, "removing as much by chance")
        chances.append(task.evaluate(prune(task, by_chance(task, pruned, seed)).model))
    curves: dict[str, list[tuple[float, Quality]]] = {"plan": [], "chance": []}
    for sparsity in swept:
        stop = prune(task, replace(plan, sparsity=sparsity, threshold=None))
        for key in ("plan", "chance"):
            yield ReportProgress(next(steps), of, f"judging {key} at {sparsity:.0%}")
            found = stop if key == "plan" else prune(task, by_chance(task, stop))
            curves[key].append((found.sparsity, task.evaluate(found.model)))
    yield ReportProgress(of, of, "timing")
    weighed = shipping_figures(task, shipped)
    *_, costs = weighed
    findings = Findings(
        figures,
        others,
        chances,
        curves["plan"],
        curves["chance"],
        costs.parameters,
        costs.macs,
        costs.effective,
        costs.files,
        costs.latency,
        costs.threads,
        dict(seeds),
        confused,
        costs.whole,
        costs.usual,
        costs.left_out,
        changes,
    )
    yield ReportProgress(of, of, "done", make_report(task, pruned, findings, recipe))


def by_chance(task: Task, pruned: Pruned, seed: int = 0) -> PruningPlan:
    """Return a plan that removes as much of the same kind by chance, of each layer with a share of its own as well."""
    plan = pruned.plan
    amount = None if plan.pattern else own_sparsity(task, pruned)
    scope = "global" if plan.scope == "lamp" else plan.scope
    return replace(plan, criterion="random", seed=seed, sparsity=amount, threshold=None, scope=scope)


WORK: Mapping[str, Callable[..., Iterator[object]]] = {
    "tune": tune,
    "sweep": sweep,
    "fetch": fetch,
    "hub": hub,
    "tune_points": tune_points,
    "report": report,
    "sensitivity": scan_layers,
    "cost": cost,
    "search": search,
    "shipping": measure_shipping,
    "shifts": judge_shifts,
}


def loader() -> Callable[[str], Task]:
    """Return a `load` that keeps the last few tasks, for one process."""
    return functools.lru_cache(maxsize=4)(load)


def tuned_network(pruned: Pruned, reached: TuneProgress) -> Pruned:
    """Return a pruned network with the weights and masks that a fine-tune of it has sent."""
    model = copy.deepcopy(pruned.model)
    model.load_state_dict(load_weights(reached.weights))
    sent = load_weights(reached.masks)
    masks = {name: sent.pop(name) for name in pruned.masks}
    return pruned.with_masks(model, masks, sent)


def best_progress(results: list[TuneProgress], target: float) -> TuneProgress | None:
    """Return what a fine-tune is to be judged by: the last result, or, if it was stopped, the best at its sparsity."""
    if not results or results[-1].ended:
        return results[-1] if results else None
    there = [each for each in results if each.sparsity >= target - 1e-9 and each.weights]
    chosen = results[-1]
    for each in there:
        if chosen.sparsity < each.sparsity or each.quality.better_than(chosen.quality):
            chosen = each
    return chosen


def drop_weights(results: list[TuneProgress]) -> None:
    """Drop the weights of all results but the last one and the best of the sparsest."""
    spared = best_progress(results, max(each.sparsity for each in results)), results[-1]
    for place, each in enumerate(results):
        if each.weights and each not in spared:
            results[place] = replace(each, weights=None, masks=None)
