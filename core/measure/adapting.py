"""Ways to adapt a network to other data, side by side: from scratch, the last layers, everything, from few or many."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from torch import nn

from core.language import text
from core.measure.old_task import OldTask, forgotten_of_old
from core.pruning import PruningPlan, prune
from core.quality import Change, Quality, change
from core.stages import catalogue_name, with_stored_weights
from core.tasks import Task, load, offered
from core.tasks.names import TaskName
from core.tuning import Recipe, fine_tune, preset_for


@dataclass(frozen=True)
class Way:
    """Describe one way to adapt: how it begins (one of STARTS), what learns, and what people read."""

    start: str
    learns: str
    label: str


FROM_SCRATCH = Way("scratch", "all", text("From scratch"))

WAYS = (
    FROM_SCRATCH,
    Way("pretrained", "last-1", text("Pretrained, the last layer learns")),
    Way("pretrained", "last-2", text("Pretrained, the last two layers learn")),
    Way("pretrained", "all", text("Pretrained, everything learns")),
)
"""What is compared; the first one is what the others are measured against."""


@dataclass(frozen=True)
class Adapted:
    """Hold what one way reached with so many training examples.

    name: of the task, so that a page can open it; wanted: the number that was asked for, None for all; examples: the
        number itself, as the target counts them: episodes of a world that has no end.
    quality: on validation data; train: on the same training examples, at most `quick_eval_size` of them, not varied.
    gain: from what the same examples gave from scratch to this, on the same validation examples; None for from scratch.
    old: how much is left of what it knew before; None from scratch, or where that cannot be asked.
    seconds: how long it learned.
    """

    name: str
    way: Way
    wanted: int | None
    examples: int
    quality: Quality
    train: Quality | None
    gain: Change | None
    old: OldTask | None
    seconds: float


@dataclass(frozen=True)
class AdaptingProgress:
    """Say how many of the rows are there; the last one holds all."""

    done: int
    of: int
    rows: tuple[Adapted, ...]


def compare_ways(
    network: str,
    target: str,
    counts: Sequence[int | None],
    ways: Sequence[Way] = WAYS,
    recipe: Recipe | None = None,
    plan: PruningPlan | None = None,
    seed: int = 0,
    load: Callable[[str], Task] = load,
    judge_old: bool = True,
    weights: str = "",
) -> Iterator[AdaptingProgress]:
    """Adapt a network in each way with each number of training examples, yielding after each.

    counts: smallest first, None for all. ways: FROM_SCRATCH first, or no gain is known.
    recipe: what all have in common, but for what learns; None for the quick preset. plan: what is removed before.
    seed: which examples are drawn, and where chance begins. load: name -> task. judge_old: whether `old` is asked for.
    weights: hash of weights in the store with which the pretrained ways begin in the place of the network's own.
    Numbers of which the target has no more examples than that are left out, since "all" says the same.
    """
    available = load(str(TaskName(network, target))).count("train")
    wanted = [count for count in dict.fromkeys(counts) if count is None or count < available]
    rows: list[Adapted] = []
    for count in wanted:
        baseline: Quality | None = None
        for way in ways:
            name = str(TaskName(network, target, count, way.start, seed))
            task = load(with_stored_weights(name, weights) if weights and way.start == "pretrained" else name)
            row, model = adapt(task, way, count, replace(recipe or preset_for(task, "quick"), seed=seed), plan)
            if way == FROM_SCRATCH:
                baseline = row.quality
            elif baseline is not None:
                row = replace(row, gain=change(baseline, row.quality))
            if judge_old:
                row = replace(row, old=forgotten_of_old(task.info.name, model, load))
            rows.append(row)
            yield AdaptingProgress(len(rows), len(wanted) * len(ways), tuple(rows))


def adapt(
    task: Task, way: Way, wanted: int | None, recipe: Recipe, plan: PruningPlan | None = None
) -> tuple[Adapted, nn.Module]:
    """Prune and adapt in one way; return what was reached, as yet without `gain` and `old`, and the network."""
    began = time.monotonic()
    *_, last = fine_tune(task, prune(task, plan or PruningPlan()), replace(recipe, learns=way.learns))
    seconds = time.monotonic() - began
    if last.quality is None or last.model is None:
        raise TypeError("A fine-tune ends with a look at its network.")
    examples = learned_from(task, wanted)
    row = Adapted(task.info.name, way, wanted, examples, last.quality, last.train, None, None, round(seconds, 2))
    return row, last.model


def learned_from(task: Task, wanted: int | None) -> int:
    """Return how many training examples a task means when so many were asked for, as its target counts them."""
    name = TaskName.read(catalogue_name(task.info.name))
    endless = next((each.endless for each in offered(name.network) if each.name == name.target), None)
    return task.count("train") if endless is None else wanted or endless
