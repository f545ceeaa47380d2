"""What all searches for an end share: the dense network judged once, and networks carried out, judged and counted."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import nn

from core.ends.figures import PLAIN, End, Tried, keeps
from core.measure import Budget, Candidate, measure_candidate, plain_size
from core.measure.search import judge_dense
from core.pruning import Pruned, PruningPlan, Ranking, ask_dense, prune, repair
from core.pruning.teacher import Teacher
from core.quality import Quality
from core.tasks.base import Task


@dataclass(frozen=True, eq=False)
class Trying:
    """Hold what all tries of one search share.

    whole: the dense network; teacher: what it says, None where nothing can be repaired since there is no training data.
    """

    task: Task
    end: End
    limit: int | None
    whole: Tried
    teacher: Teacher | None

    @classmethod
    def begin(cls, task: Task, end: End, limit: int | None) -> "Trying":
        """Judge the dense network. Raises BadInput for too few examples, or a loss that is finer than they can tell."""
        chosen, quoted = judge_dense(task, Budget(lose=end.lose), limit)
        counted = measure_candidate(task, prune(task, PruningPlan(sparsity=0.0)), quoted, "dense")
        whole = Tried(with_size(counted, plain_size(task.model), chosen), PLAIN[end.goal])
        return cls(task, end, limit, whole, ask_dense(task) if task.count("train") else None)

    def judge(self, model: nn.Module) -> tuple[Quality, Quality]:
        """Judge a network on the half of the examples that chooses, and on the half that is quoted."""
        return self.task.evaluate(model, "validation", self.limit).halves()

    def carry_out(self, plan: PruningPlan, ranking: Ranking, repaired: bool = True) -> tuple[Pruned, Candidate]:
        """Prune, repair where that is asked for and can be done, judge and count."""
        pruned, stage = prune(self.task, plan, ranking), "pruned"
        if repaired and self.teacher is not None:
            pruned, stage = repair(self.task, pruned, teacher=self.teacher), "repaired"
        chosen, quoted = self.judge(pruned.model)
        counted = measure_candidate(self.task, pruned, quoted, stage)
        return pruned, with_size(counted, counted.size, chosen)

    def keeps(self, candidate: Candidate) -> bool:
        """Whether no more is lost than may be, where the search chooses."""
        return keeps(candidate.choosing, self.whole.candidate.choosing, self.end.lose)


def with_size(
    candidate: Candidate, size: int, chosen: Quality | None = None, quoted: Quality | None = None
) -> Candidate:
    """Return a candidate as it is in a file of so many bytes, judged anew where that is not the same network."""
    return Candidate(
        candidate.plan,
        candidate.sparsity,
        quoted or candidate.quality,
        size,
        candidate.macs,
        candidate.effective,
        candidate.parameters,
        candidate.stage,
        chosen or candidate.chosen,
    )


@dataclass(eq=False)
class Pace:
    """Tell how long the rest takes: of each kind of step how many are left, and how long those took that are done.

    guesses: kind -> seconds of one that nobody has seen yet; left: kind -> how many are to come.
    """

    guesses: dict[str, float]
    left: Counter[str] = field(default_factory=Counter)
    clock: Callable[[], float] = time.monotonic
    _taken: dict[str, list[float]] = field(default_factory=dict)
    _since: float = 0.0

    def __post_init__(self) -> None:
        self._since = self.clock()

    def done(self, kind: str) -> None:
        """Note that a step of a kind has ended, which began when the one before it ended."""
        now = self.clock()
        self._taken.setdefault(kind, []).append(now - self._since)
        self._since = now
        self.left[kind] = max(self.left[kind] - 1, 0)

    @property
    def seconds(self) -> float:
        """About how many seconds are left."""
        return sum(count * self._of_one(kind) for kind, count in self.left.items())

    def _of_one(self, kind: str) -> float:
        taken = self._taken.get(kind)
        return sum(taken) / len(taken) if taken else self.guesses[kind]
