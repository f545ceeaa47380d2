"""Figures: data in, a plotly figure as plain data out."""

from core.charts.compare import compare
from core.charts.confusion import confusion_matrix
from core.charts.curve import curve
from core.charts.frontier import pareto
from core.charts.heat import fragility, heat
from core.charts.learning import Look, by_class, learning, over_fitting
from core.charts.mask import mask_image
from core.charts.robust import robust

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
