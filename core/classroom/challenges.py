"""Challenges: what is to be reached with a network, how a submission is scored, and who stands where on the board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.language import Text, text
from core.quality import Quality, change
from core.store.figures import data_to_quality, quality_to_data

MOST_SUBMISSIONS = 10
"""Submissions of one learner to one challenge."""

CLOTHES = ("fashion-lenet5", "fashion-mlp", "fashion-resnet")
"""Networks that are judged on the same pictures."""


@dataclass(frozen=True)
class Challenge:
    """Describe a challenge.

    name: what the store and links carry; title, help: what people read.
    networks: those that may be submitted, the first one suggested.
    ranked: by which figure, one of "quality", "size" (bytes, zipped) and "time" (of the whole network's).
    least: accuracy that is asked for, 0 to 1; sparsity: share of weights that has to be gone.
    loss: how far the accuracy may lie below the whole network's, 0 to 1; None where that does not matter.
    """

    name: str
    title: Text
    help: Text
    networks: tuple[str, ...]
    ranked: str
    least: float = 0.0
    sparsity: float = 0.0
    loss: float | None = None


CHALLENGES: Mapping[str, Challenge] = {
    each.name: each
    for each in (
        Challenge(
            "ninety",
            text("90 % gone, at most one point lost"),
            text("Remove at least 90 % of the weights of LeNet-5 and stay within one point of its accuracy."),
            ("fashion-lenet5",),
            "quality",
            sparsity=0.9,
            loss=0.01,
        ),
        Challenge(
            "smallest",
            text("The smallest file with at least 91 %"),
            text("Make the zipped file as small as you can, with at least 91 % of the pictures named rightly."),
            CLOTHES,
            "size",
            least=0.91,
        ),
        Challenge(
            "fastest",
            text("The fastest with at least 92 %, one picture at a time"),
            text("Make it as fast as you can with one picture at a time, with at least 92 % named rightly."),
            ("fashion-resnet", "fashion-lenet5", "fashion-mlp"),
            "time",
            least=0.92,
        ),
    )
}
"""Name -> challenge, in their order."""


@dataclass(frozen=True)
class Score:
    """Hold what a submission reached, on test data.

    quality, dense: of the network and of the whole one that it was made from, with the outcome of each picture.
    sparsity: share of its weights that is removed; size: bytes of its zipped file.
    time, time_low, time_high: of one picture, as a share of the whole network's, with the 95 % range of that; 0 where
        the challenge does not ask for it.
    """

    quality: Quality
    dense: Quality
    sparsity: float
    size: int
    time: float = 0.0
    time_low: float = 0.0
    time_high: float = 0.0

    def to_data(self) -> dict[str, Any]:
        """Return the score as plain data."""
        plain = {each: getattr(self, each) for each in ("sparsity", "size", "time", "time_low", "time_high")}
        return {**plain, "quality": quality_to_data(self.quality), "dense": quality_to_data(self.dense)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Score":
        """Return the score that `to_data` wrote."""
        figures = {each: data_to_quality(data[each]) for each in ("quality", "dense")}
        return cls(**{**data, **figures})


def qualifies(challenge: Challenge, score: Score) -> bool:
    """Whether a score keeps to the rules of a challenge."""
    lost = score.dense.value - score.quality.value
    return (
        score.quality.value >= challenge.least
        and score.sparsity >= challenge.sparsity - 1e-6
        and (challenge.loss is None or lost <= challenge.loss + 1e-12)
    )


@dataclass(frozen=True)
class Standing:
    """Hold one learner's place on the board: rank (0 for one that does not keep to the rules), and the best score."""

    rank: int
    member: int
    score: Score
    tries: int


def rank(challenge: Challenge, scores: Sequence[tuple[int, Score]]) -> list[Standing]:
    """Return the best score of each learner, the best of all first; what may be chance shares a rank.

    scores: (member, score) of all submissions. A learner has the rank of the best one from whom they cannot be told
    apart, and as many places are left out behind a shared one.
    """
    tries: dict[int, int] = {}
    best: dict[int, Score] = {}
    for member, score in scores:
        tries[member] = tries.get(member, 0) + 1
        if member not in best or _order(challenge, score) < _order(challenge, best[member]):
            best[member] = score
    ordered = sorted(best.items(), key=lambda each: _order(challenge, each[1]))
    standings: list[Standing] = []
    leader: Standing | None = None
    for place, (member, score) in enumerate(ordered, 1):
        if not qualifies(challenge, score):
            standings.append(Standing(0, member, score, tries[member]))
            continue
        shared = leader is not None and not clearly_better(challenge, leader.score, score)
        standing = Standing(leader.rank if leader and shared else place, member, score, tries[member])
        leader = leader if shared else standing
        standings.append(standing)
    return standings


def clearly_better(challenge: Challenge, one: Score, other: Score) -> bool:
    """Whether one score beats another one by more than chance: the range of the pair, or of both times, tells."""
    if challenge.ranked == "size":
        return one.size < other.size
    if challenge.ranked == "time":
        return one.time_high < other.time_low
    return change(other.quality, one.quality).better


def _order(challenge: Challenge, score: Score) -> tuple[bool, float]:
    figure = {"quality": -score.quality.value, "size": score.size, "time": score.time}[challenge.ranked]
    return not qualifies(challenge, score), figure
