"""Measuring: quality with its interval, cost, and how both change with sparsity."""

from core.measure.classes import recall_by_class
from core.measure.cost import Cost, cost, macs
from core.measure.histogram import Histogram, histograms
from core.measure.live import STOPS, Step, steps, sweep
from core.tasks.quality import Quality

__all__ = [
    "STOPS",
    "Cost",
    "Histogram",
    "Quality",
    "Step",
    "cost",
    "histograms",
    "macs",
    "recall_by_class",
    "steps",
    "sweep",
]
