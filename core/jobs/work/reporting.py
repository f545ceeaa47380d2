"""Measure everything that a report holds, step by step."""

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor, nn

from core.experiment import STAGE_NAMES
from core.export import Findings
from core.export import report as make_report
from core.jobs.work.loader import Loader
from core.jobs.work.measuring import network_of
from core.language import SOURCE, text
from core.measure import FurtherChanges, FurtherFigures, confusion, further_changes, further_figures, shipping_figures
from core.pruning import Pruned, PruningPlan, prune
from core.quality import Quality
from core.stages import Subject
from core.tasks import Task
from core.tuning import Recipe, own_sparsity

REPORTED = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
"""Sparsities at which a report sets a plan beside chance."""

CHANCES = 3
"""How many seeds of chance a report shows."""


@dataclass(frozen=True)
class ReportProgress:
    """How far a report is: what is being done, and the page once it is complete."""

    done: int
    of: int
    doing: str
    page: str | None = None


Tell = Callable[[str], ReportProgress]
"""What is done next -> the progress to yield."""

Curve = list[tuple[float, Quality]]
"""(sparsity, quality on validation data)."""


@dataclass(frozen=True)
class _Judged:
    """Each stage's figures, by its name.

    figures: by split; further: those beside the headline one; confused: the confusion matrix of a classifier.
    changes: how much each further figure changed against the dense network.
    """

    figures: dict[str, dict[str, Quality]] = field(default_factory=dict)
    further: dict[str, FurtherFigures] = field(default_factory=dict)
    confused: dict[str, np.ndarray] = field(default_factory=dict)
    changes: dict[str, FurtherChanges] = field(default_factory=dict)


def report(
    load: Loader,
    subject: Subject,
    recipe: Recipe | None = None,
    seeds: tuple[tuple[int, Quality], ...] = (),
    language: str = SOURCE,
) -> Iterator[ReportProgress]:
    """Measure everything that a report holds, about the network of a stage and those it was made from.

    recipe: of the fine-tune, for that stage; seeds: the same fine-tune's figures by seed.
    language: which one it is written in.
    """
    task, shipped = network_of(load, subject)
    plan, whole = subject.plan, subject.stage == "dense"
    pruned = prune(task, plan) if subject.tuned else shipped
    stages = {"dense": task.model, "pruned": pruned.model, subject.stage: shipped.model}
    if whole:
        del stages["pruned"]
    sparsities = () if plan.pattern else REPORTED
    seeds_of_chance = 0 if whole else CHANCES
    of, steps = len(stages) + seeds_of_chance + 2 * len(sparsities) + 1, itertools.count(1)

    def tell(doing: str) -> ReportProgress:
        return ReportProgress(next(steps), of, doing)

    judged = yield from _judge_stages(task, stages, tell)
    chances = yield from _judge_chance(task, pruned, seeds_of_chance, tell)
    curve, curve_of_chance = yield from _judge_curves(task, plan, sparsities, tell)
    yield tell(text("timing"))
    *_, costs = shipping_figures(task, shipped)
    findings = Findings(
        figures=judged.figures,
        further=judged.further,
        chances=chances,
        curve=curve,
        curve_of_chance=curve_of_chance,
        shipping=costs,
        changes=judged.changes,
        confused=judged.confused,
        seeds=dict(seeds),
    )
    yield ReportProgress(of, of, text("done"), make_report(task, pruned, findings, recipe, language))


def _judge_stages(task: Task, stages: Mapping[str, nn.Module], tell: Tell) -> Generator[ReportProgress, None, _Judged]:
    """Judge the networks, the dense one first, by every figure there is."""
    judged = _Judged()
    logits: dict[str, Tensor] = {}
    for stage, model in stages.items():
        yield tell(text("judging the {stage} network", stage=STAGE_NAMES[stage]))
        judged.figures[stage] = {split: task.evaluate(model, split) for split in ("validation", "test")}
        if task.classifier:
            logits[stage] = task.classifier.logits(model, "validation")
        judged.further[stage] = further_figures(task, model, said=logits.get(stage))
        if stage != "dense":
            pair = (logits["dense"], logits[stage]) if logits else None
            judged.changes[stage] = further_changes(task, judged.further["dense"], judged.further[stage], pair)
        if task.classes:
            judged.confused[stage] = confusion(task, model)
    return judged


def _judge_chance(task: Task, pruned: Pruned, seeds: int, tell: Tell) -> Generator[ReportProgress, None, list[Quality]]:
    """Judge networks that lack as much by chance, one a seed."""
    found = []
    for seed in range(seeds):
        yield tell(text("removing as much by chance"))
        found.append(task.evaluate(prune(task, by_chance(task, pruned, seed)).model))
    return found


def _judge_curves(
    task: Task, plan: PruningPlan, sparsities: tuple[float, ...], tell: Tell
) -> Generator[ReportProgress, None, tuple[Curve, Curve]]:
    """Judge the plan, and chance beside it, at each sparsity."""
    by_plan: Curve = []
    random: Curve = []
    for sparsity in sparsities:
        yield tell(text("judging plan at {sparsity:.0%}", sparsity=sparsity))
        pruned = prune(task, replace(plan, sparsity=sparsity, threshold=None))
        by_plan.append((pruned.sparsity, task.evaluate(pruned.model)))
        yield tell(text("judging chance at {sparsity:.0%}", sparsity=sparsity))
        found = prune(task, by_chance(task, pruned))
        random.append((found.sparsity, task.evaluate(found.model)))
    return by_plan, random


def by_chance(task: Task, pruned: Pruned, seed: int = 0) -> PruningPlan:
    """Return a plan that removes as much of the same kind by chance, of each layer with a share of its own as well."""
    plan = pruned.plan
    amount = None if plan.pattern else own_sparsity(task, pruned)
    scope = plan.choices.scope.chance_scope or plan.scope
    return replace(plan, criterion="random", seed=seed, sparsity=amount, threshold=None, scope=scope)
