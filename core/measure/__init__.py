"""Measuring: quality with its interval, cost, and how both change with sparsity."""

from core.measure.compare import Course, reading, survives
from core.measure.cost import Cost, cost, macs
from core.measure.further import Further, further
from core.measure.histogram import Histogram, histograms
from core.measure.live import STOPS, Step, steps, sweep
from core.tasks.quality import Quality

__all__ = [
    "STOPS",
    "Cost",
    "Course",
    "Further",
    "Histogram",
    "Quality",
    "Step",
    "cost",
    "further",
    "histograms",
    "macs",
    "reading",
    "steps",
    "survives",
    "sweep",
]
