"""The metrics of all fields: what each figure means, and how people read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.language import text


@dataclass(frozen=True)
class Metric:
    """Describe a metric to people.

    share: whether it is a share of 1, read in percent.
    higher: whether more is better.
    meaning: its meaning, in words that go before "of" or "over" so many `noun`.
    noun: the things that are counted, in the plural.
    digits: decimals that are shown.
    top: the largest value there can be, for the axis of a chart; None where there is none.
    unit: what a figure counts, where it is no share and no pure number.
    """

    share: bool
    higher: bool
    meaning: str
    noun: str = text("examples")
    digits: int = 1
    top: float | None = 1.0
    unit: str = ""


METRICS: Mapping[str, Metric] = {
    text("Accuracy"): Metric(True, True, text("Share of examples named rightly")),
    text("Recall"): Metric(True, True, text("Share of a class that is named rightly")),
    text("Forgotten"): Metric(
        True, False, text("Share of what the dense network names rightly that the pruned one does not")
    ),
    text("Macro recall"): Metric(
        True, True, text("Recall of each class, averaged over the classes, rare ones counting as much")
    ),
    text("Macro precision"): Metric(
        True,
        True,
        text("Of what is given the name of a class, the share that belongs there, averaged over the classes"),
    ),
    text("Macro F1"): Metric(True, True, text("The harmonic mean of precision and recall, averaged over the classes")),
    text("Calibration error"): Metric(
        True,
        False,
        text("How far a network's sureness lies from how often it is right, in 15 steps of sureness (less is better)"),
    ),
    text("RMSE"): Metric(
        False,
        False,
        text(
            "How far guessed ratings lie from the given ones, in stars (root of the mean squared error; less is better)"
        ),
        text("ratings"),
        3,
        None,
        text("stars"),
    ),
    text("MAE"): Metric(
        False,
        False,
        text("How far guessed ratings lie from the given ones, in stars, on average"),
        text("ratings"),
        3,
        None,
        text("stars"),
    ),
    text("Perplexity"): Metric(
        False,
        False,
        text(
            "Between how many word pieces, equally likely, a network hesitates at each place (exp of the mean cross "
            "entropy; less is better)"
        ),
        text("passages"),
        1,
        None,
    ),
    text("Next piece named"): Metric(
        True, True, text("Share of places where the network finds the true next word piece likeliest"), text("passages")
    ),
    text("Hit rate at 10"): Metric(
        True,
        True,
        text("Share of people for whom a film they liked is among the ten best of 100, the other 99 by chance"),
        text("people"),
    ),
    text("Return"): Metric(
        False, True, text("Points collected in one episode, on average"), text("episodes"), 1, None, text("points")
    ),
}
"""Name of a metric, as figures carry it -> the metric."""
