"""Figures: data in, a plotly figure as plain data out."""

from core.charts.compare import compare
from core.charts.curve import curve
from core.charts.learning import Look, by_class, learning, over_fitting
from core.charts.mask import mask_image

__all__ = ["Look", "by_class", "compare", "curve", "learning", "mask_image", "over_fitting"]
