"""Figures: data in, a plotly figure as plain data out."""

from core.charts.curve import curve
from core.charts.mask import mask_image

__all__ = ["curve", "mask_image"]
