"""Figures: data in, a plotly figure as plain data out."""

from core.charts.comparison import compare
from core.charts.confusion import confusion_matrix
from core.charts.curve import curve
from core.charts.frontier import pareto
from core.charts.learning import Look, by_class, learning, over_fitting
from core.charts.mask import mask_image
from core.charts.robustness import robust
from core.charts.sensitivity import fragility, heat

__all__ = [
    "Look",
    "by_class",
    "compare",
    "confusion_matrix",
    "curve",
    "fragility",
    "heat",
    "learning",
    "mask_image",
    "over_fitting",
    "pareto",
    "robust",
]
