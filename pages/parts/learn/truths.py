"""What lessons lay beside a guess: measured on the real networks when it is shown, never written in a text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.errors import BadInput
from core.experiment import read_link
from core.keys import about
from core.language import text
from core.lessons.classic_mistakes import layers_of, rows_that_are_small, rows_with_a_small_weight
from core.lessons.one_layer import error_taken_away
from core.lessons.records import Measured
from core.measure import Quality
from core.pruning import PruningPlan
from core.stages import Subject
from pages.parts.compare.tuned_points import begin_tuning, tuning_job
from pages.shared import answers, cache, curves, repairs, sparsities
from pages.shared.format import format_bytes, format_interval, format_quality
from pages.shared.words import t

STEPS = 157
"""Steps of the fine-tunes that lessons show: one round of most shipped networks."""


@dataclass(frozen=True)
class Truth:
    """Hold what was measured: the number, in the unit of the slider, and how people read it.

    at: the sparsity at which that was, 0 to 1, where it is a quality of a pruned network.
    range: what holds the true number with 95 % confidence, in the unit of the slider; None for what is counted.
    """

    value: float
    said: str
    at: float | None = None
    range: tuple[float, float] | None = None

    def overlaps(self, other: "Truth") -> bool:
        """Tell whether both have a range and these have a number in common."""
        if self.range is None or other.range is None:
            return False
        return max(self.range[0], other.range[0]) <= min(self.range[1], other.range[1])


def subject_of(given: Mapping[str, str]) -> Subject:
    """Return the network that a lesson names, in the words of a link. Raises BadInput."""
    found, notes = read_link({"model": "fashion-lenet5", **given})
    if notes:
        raise BadInput(text("This lesson asks for what is not there: {note}", note=notes[0]), text("Mend its file."))
    return Subject(found.network, found.plan)


def measure(wanted: Measured) -> Truth | None:
    """Measure what a lesson names; None while it is still being computed. Raises BadInput for an unknown name."""
    if wanted.what not in MEASURES:
        raise BadInput(
            text("This lesson asks to measure {name!r}.", name=wanted.what),
            text("Known are: {names}.", names=", ".join(MEASURES)),
        )
    return MEASURES[wanted.what](subject_of(wanted.given))


def _of_quality(quality: Quality, at: float | None = None) -> Truth:
    scale = 100.0 if quality.about.share else 1.0
    said = t("{figure} ({range})", figure=format_quality(quality), range=format_interval(quality))
    return Truth(scale * quality.value, said, at, (scale * quality.low, scale * quality.high))


def _pruned(subject: Subject) -> Truth:
    result = cache.settled_result(subject)
    return _of_quality(result.quality, result.sparsity)


def _share(value: float) -> Truth:
    return Truth(100 * value, f"{100 * value:.1f} %")


def _of_dense_file(size: int, subject: Subject, zipped: bool) -> Truth:
    """Lay a file beside the whole network's plain one, in percent and in bytes."""
    whole = cache.stage_cost(cache.dense_stage(subject)).file
    share, sizes = _share(size / whole), {"size": format_bytes(size, whole), "whole": format_bytes(whole, size)}
    said = (
        t("{share} ({size} zipped, of {whole} plain)", share=share.said, **sizes)
        if zipped
        else t("{share} ({size} of {whole}, both plain)", share=share.said, **sizes)
    )
    return Truth(share.value, said)


def _zipped_size(subject: Subject) -> Truth:
    size = cache.stage_cost(subject).zipped
    return Truth(size / 1e3, format_bytes(size))


def _gone(subject: Subject) -> Truth:
    """Measure which share of the weights is left out of the smaller network, columns of the next layer too."""
    return _share(1 - cache.stage_cost(subject).weights / cache.stage_cost(cache.dense_stage(subject)).weights)


def _sparsity(subject: Subject) -> Truth:
    return _share(cache.settled_result(subject).sparsity)


def _tuned(subject: Subject) -> Truth | None:
    """Fine-tune as Compare does, once for all visitors. Raises BadInput for a plan that it does not know."""
    wanted = subject.plan.sparsity
    if wanted not in sparsities.TUNED or subject.plan != PruningPlan(sparsity=wanted):
        known = ", ".join(f"{100 * each:g}" for each in sorted(sparsities.TUNED))
        raise BadInput(
            text("This lesson asks for a fine-tune that is not made here."),
            text("Known thresholds are: {known} %.", known=known),
        )
    job = tuning_job(subject.network, STEPS)
    if job is None:
        begin_tuning([subject.network], STEPS)
        return None
    if job.error:
        raise BadInput(*job.error)
    for point in job.results:
        if abs(point.sparsity - wanted) < 0.02 and point.quality is not None:
            return _of_quality(point.quality, point.sparsity)
    return None


def _repaired(subject: Subject) -> Truth | None:
    """Repair at once, by the work that Explore asks for too. Raises BadInput where that fails."""
    if (known := curves.known_repaired(subject.network, subject.plan, "once")) is not None:
        return _of_quality(known.quality, known.sparsity)
    found = repairs.find_repaired(subject.network, subject.plan, "once")
    if found is None:
        job = repairs.repair_job(subject.network, subject.plan, "once")
        if job.error:
            raise BadInput(*job.error)
        return None
    result = cache.settled_result(found)
    return _of_quality(result.quality, result.sparsity)


def _one_layer(subject: Subject) -> Truth:
    def solve() -> float:
        return error_taken_away(cache.task(subject.network), cache.network(subject))

    return _share(answers.memo().get(about(subject, "one layer"), solve))


def _threshold_of(subject: Subject) -> float:
    return cache.settled_result(subject).threshold or 0.0


def _rows_hit(subject: Subject) -> Truth:
    task = cache.task(subject.network)
    return _share(rows_with_a_small_weight(layers_of(task.model), _threshold_of(subject)))


def _rows_small(subject: Subject) -> Truth:
    task = cache.task(subject.network)
    return _share(rows_that_are_small(layers_of(task.model), _threshold_of(subject)))


MEASURES: Mapping[str, Callable[[Subject], Truth | None]] = {
    "quality": _pruned,
    "dense": lambda subject: _of_quality(cache.dense_quality(subject.network)),
    "sparsity": _sparsity,
    "gone": _gone,
    "zipped": lambda subject: _of_dense_file(cache.stage_cost(subject).zipped, subject, zipped=True),
    "zipped-size": _zipped_size,
    "file": lambda subject: _of_dense_file(cache.stage_cost(subject).file, subject, zipped=False),
    "tuned": _tuned,
    "repaired": _repaired,
    "one-layer": _one_layer,
    "rows-hit": _rows_hit,
    "rows-small": _rows_small,
}
"""Name, as lessons write it -> what is measured of a network and plan."""


def how_far(wanted: Measured) -> float | None:
    """Return which share of a measuring that takes long is done, 0 to 1; None for one that does not."""
    far = FAR.get(wanted.what)
    return far(subject_of(wanted.given)) if far else None


def _far_of_tuning(subject: Subject) -> float:
    job = tuning_job(subject.network, STEPS)
    if job is None or job.progress is None:
        return 0.0
    now, turns = job.progress, sparsities.TUNED.index(subject.plan.sparsity or 0.0) + 1  # one after the other
    done = sum(point.sparsity != now.sparsity for point in job.results) + now.step / now.of
    return min(done / turns, 1.0)


def _far_of_repair(subject: Subject) -> float:
    now = repairs.repair_job(subject.network, subject.plan, "once").progress
    return now.done / now.of if now else 0.0


FAR: Mapping[str, Callable[[Subject], float]] = {"tuned": _far_of_tuning, "repaired": _far_of_repair}
"""Name of a measuring that takes long -> how far it is."""
