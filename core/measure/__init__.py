"""Measuring: quality with its interval, cost, and how both change with sparsity."""

from core.measure.cost import Cost, cost
from core.measure.histogram import Histogram, histograms
from core.measure.live import Step, kept_shares, steps
from core.measure.sweep import STOPS, Point, sweep
from core.tasks.quality import Quality

__all__ = [
    "STOPS",
    "Cost",
    "Histogram",
    "Point",
    "Quality",
    "Step",
    "cost",
    "histograms",
    "kept_shares",
    "steps",
    "sweep",
]
