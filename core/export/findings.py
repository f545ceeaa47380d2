"""What was measured for a report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.measure.further_figures import FurtherChanges, FurtherFigures
from core.measure.shipping import ShippingFigures
from core.quality import Quality


@dataclass(frozen=True)
class Findings:
    """Hold everything that was measured for a report; "stages" are dense, and pruned and fine-tuned if there are such.

    figures: stage -> split -> quality, in that order of the stages.
    further: stage -> figures beside the headline one, on validation data; changes: how much each of them changed.
    confused: stage -> confusion matrix, for a classifier.
    chances: the same amount removed by chance, one validation figure a seed.
    curve, curve_of_chance: (sparsity, quality on validation data) along the slider.
    shipping: what would be shipped, and what that costs.
    seeds: validation figures of the same fine-tune with other seeds: seed -> quality.
    """

    figures: Mapping[str, Mapping[str, Quality]]
    further: Mapping[str, FurtherFigures]
    chances: Sequence[Quality]
    curve: Sequence[tuple[float, Quality]]
    curve_of_chance: Sequence[tuple[float, Quality]]
    shipping: ShippingFigures
    changes: Mapping[str, FurtherChanges] = field(default_factory=dict)
    confused: Mapping[str, np.ndarray] = field(default_factory=dict)
    seeds: Mapping[int, Quality] = field(default_factory=dict)
