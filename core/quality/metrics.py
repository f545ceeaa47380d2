"""The metrics of all fields: what each figure means, and how people read it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """Describe a metric to people.

    share: whether it is a share of 1, read in percent.
    higher: whether more is better.
    meaning: its meaning, in words that go before "of" or "over" so many `noun`.
    noun: the things that are counted, in the plural.
    digits: decimals that are shown.
    top: the largest value there can be, for the axis of a chart; None where there is none.
    """

    share: bool
    higher: bool
    meaning: str
    noun: str = "examples"
    digits: int = 1
    top: float | None = 1.0


METRICS: Mapping[str, Metric] = {
    "Accuracy": Metric(True, True, "Share of examples named rightly"),
    "Recall": Metric(True, True, "Share of a class that is named rightly"),
    "Forgotten": Metric(True, False, "Share of what the dense network names rightly that the pruned one does not"),
    "Macro recall": Metric(True, True, "Recall of each class, averaged over the classes, rare ones counting as much"),
    "Macro precision": Metric(
        True, True, "Of what is given the name of a class, the share that belongs there, averaged over the classes"
    ),
    "Macro F1": Metric(True, True, "The harmonic mean of precision and recall, averaged over the classes"),
    "Calibration error": Metric(
        True,
        False,
        "How far a network's sureness lies from how often it is right, in 15 steps of sureness (less is better)",
    ),
    "RMSE": Metric(
        False,
        False,
        "How far guessed ratings lie from the given ones, in stars (root of the mean squared error; less is better)",
        "ratings",
        3,
        None,
    ),
    "MAE": Metric(
        False, False, "How far guessed ratings lie from the given ones, in stars, on average", "ratings", 3, None
    ),
    "Perplexity": Metric(
        False,
        False,
        "Between how many word pieces, equally likely, a network hesitates at each place (exp of the mean cross "
        "entropy; less is better)",
        "passages",
        1,
        None,
    ),
    "Next piece named": Metric(
        True, True, "Share of places where the network finds the true next word piece likeliest", "passages"
    ),
    "Hit rate at 10": Metric(
        True,
        True,
        "Share of people for whom a film they liked is among the ten best of 100, the other 99 by chance",
        "people",
    ),
    "Return": Metric(False, True, "Points collected in one episode, on average", "episodes", 1, None),
}
"""Name of a metric, as figures carry it -> the metric."""
