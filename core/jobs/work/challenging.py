"""Score a submission to a challenge: on test data, which learners see nowhere else, off the page."""

from collections.abc import Iterator

from core.classroom.challenges import CHALLENGES, Score
from core.jobs.work.loader import Loader
from core.jobs.work.measuring import network_of
from core.measure import as_shipped, cost, latencies
from core.measure.shipping import timed_inputs
from core.stages import Subject, catalogue_name
from core.statistics import ratio_of_medians


def score_submission(load: Loader, subject: Subject, challenge: str) -> Iterator[Score]:
    """Judge one network on test data, with its size.

    Where the challenge ranks times, it is timed in turn with the whole network.
    """
    _, network = network_of(load, subject)
    whole = load(catalogue_name(subject.network))
    shipped = as_shipped(network)
    ratio, low, high = 0.0, 0.0, 0.0
    if CHALLENGES[challenge].ranked == "time":
        *_, times = latencies({"whole": whole.model, "submitted": shipped}, timed_inputs(whole, 1))
        one, two = times["whole"], times["submitted"]
        ratio = two.median / one.median
        quartiles = (one.low, one.high), (two.low, two.high)
        low, high = ratio_of_medians(*quartiles, (one.runs, two.runs), (one.median, two.median))
    yield Score(
        quality=whole.evaluate(network.model, "test"),
        dense=whole.evaluate(whole.model, "test"),
        sparsity=network.sparsity,
        size=cost(shipped).zipped,
        time=ratio,
        time_low=low,
        time_high=high,
    )
