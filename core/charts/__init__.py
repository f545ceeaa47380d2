"""Figures: data in, a plotly figure as plain data out."""

from core.charts.compare import compare
from core.charts.curve import curve
from core.charts.heat import heat
from core.charts.learning import Look, by_class, learning, over_fitting
from core.charts.mask import mask_image
from core.charts.robust import robust

__all__ = ["Look", "by_class", "compare", "curve", "heat", "learning", "mask_image", "over_fitting", "robust"]
