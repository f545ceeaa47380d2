"""Figures: data in, a plotly figure as plain data out."""

from core.charts.curve import curve

__all__ = ["curve"]
