"""An end that somebody has in mind, and what was tried to reach it."""

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field

from core.engines import ENGINES
from core.errors import BadInput
from core.export import FORMATS
from core.language import text
from core.measure import Candidate, Latency, lost
from core.quality import Quality

GOALS: Mapping[str, str] = {"smallest": text("Smallest file"), "fastest": text("Fastest")}
"""Ends, as people read them."""

BATCHES = (1, 64)
"""How many examples at a time somebody may want to be fast."""

PLAIN: Mapping[str, str] = {"smallest": "plain", "fastest": "torch"}
"""By the end, the form of the dense network that all others are compared with: every number written, or PyTorch."""

FORMS: Mapping[str, str] = {
    **{name: engine.label for name, engine in ENGINES.items()},
    "plain": text("Weights, plain"),
    "zipped": text("Weights, zipped"),
    "bitmask": text("Weights, one bit a place"),
    "csr": text("Weights, column by column (CSR)"),
    "shared": FORMATS["shared"].label,
}
"""Engines and forms of a file, as people read them."""


@dataclass(frozen=True)
class End:
    """What is wanted of a network. Raises BadInput for what cannot be.

    goal: one of GOALS; lose: how much of the metric may be lost on validation data, in its own unit (accuracy: 0.01
    is one point); batch: for "fastest", how many examples at a time, one of BATCHES.
    """

    goal: str
    lose: float
    batch: int = 64

    def __post_init__(self) -> None:
        if self.goal not in GOALS or self.batch not in BATCHES:
            raise BadInput(text("There is no such end."), text("Choose the smallest file or the fastest."))
        if not math.isfinite(self.lose) or self.lose < 0:
            raise BadInput(text("This is no loss."), text("Give how much may be lost, 0 or more."))


@dataclass(frozen=True)
class Tried:
    """One network in one form, as it would be shipped.

    candidate: plan, quality of what is in the file, and what it costs; its stage is "dense", "pruned" or "repaired",
    its size the bytes of the file. form: one of FORMS. expected: milliseconds by the table of layers, as a share of the
    dense network's time. ranked: the time by which the search chose; latency: one measured anew, which is quoted.
    """

    candidate: Candidate
    form: str
    expected: float | None = None
    ranked: Latency | None = None
    latency: Latency | None = None

    @property
    def dense(self) -> bool:
        """Whether nothing was removed."""
        return self.candidate.stage == "dense"


@dataclass(frozen=True)
class WidthTime:
    """How long a network takes in an engine with one layer narrowed to so many units, ms, as measured."""

    engine: str
    layer: str
    units: int
    of: int
    milliseconds: float


@dataclass(frozen=True)
class EndFigures:
    """What a search for an end has found so far; the first that was tried is the dense network, plain.

    left_out: form, engine or layer -> why. table: milliseconds by layer and width, for "fastest". doing: what comes
    next, in words; "" at the end. left: about how many seconds that takes; threads: of the processor.
    """

    end: End
    tried: tuple[Tried, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    table: tuple[WidthTime, ...] = ()
    doing: str = ""
    left: float = 0.0
    threads: int = 1

    @property
    def whole(self) -> Candidate:
        """The dense network; its `chosen` is of the examples that choose."""
        return self.tried[0].candidate

    @property
    def ranked(self) -> list[Tried]:
        """All whose cost is known, the best first: bytes, or milliseconds where the search chose."""
        if self.end.goal == "smallest":
            return sorted(self.tried, key=lambda each: each.candidate.size)
        timed = [each for each in self.tried if each.ranked is not None]
        return sorted(timed, key=lambda each: each.ranked.median if each.ranked else math.inf)

    def meets(self, candidate: Candidate) -> bool:
        """Whether no more is lost than may be, on the examples that choose."""
        return keeps(candidate.choosing, self.whole.choosing, self.end.lose)

    @property
    def best(self) -> Tried | None:
        """The smallest or fastest within the loss; the dense network, plain, is none."""
        return next((each for each in self.ranked if each is not self.tried[0] and self.meets(each.candidate)), None)

    @property
    def nearest(self) -> Tried | None:
        """What loses least of all that something was removed from."""
        judged = [each for each in self.tried if not each.dense and math.isfinite(each.candidate.choosing.value)]
        return min(judged, key=lambda each: lost(each.candidate.choosing, self.whole.choosing), default=None)

    def dense_in(self, form: str) -> Tried | None:
        """Return the dense network in a form, if it was tried there."""
        return next((each for each in self.tried if each.dense and each.form == form), None)


Looking = Generator[EndFigures, None, EndFigures]
"""A part of a search: what it says on its way, and what is known at its end."""


def keeps(quality: Quality, dense: Quality, lose: float) -> bool:
    """Whether a figure is a number, and no more worse than may be."""
    return math.isfinite(quality.value) and lost(quality, dense) <= lose + 1e-9
