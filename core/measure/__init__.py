"""Measuring: quality with its interval, cost, and how both change with sparsity."""

from core.measure.advice import advice
from core.measure.budget import Budget, Tried, best, closest, counted, frontier, lost, search, spent
from core.measure.compare import Course, reading, survives
from core.measure.confusion import confusion, mistakes
from core.measure.cost import Cost, cost, effective, macs
from core.measure.encoding import ENCODINGS, file_sizes
from core.measure.forgotten import Forgotten, forgotten
from core.measure.further import Further, further
from core.measure.histogram import Histogram, histograms
from core.measure.latency import Latency, latencies, variants
from core.measure.live import STOPS, Step, steps, sweep
from core.measure.robust import Held, robustness
from core.measure.sensitivity import Scan, sensitivity
from core.tasks.quality import Quality

__all__ = [
    "ENCODINGS",
    "STOPS",
    "Budget",
    "Cost",
    "Course",
    "Forgotten",
    "Further",
    "Held",
    "Histogram",
    "Latency",
    "Quality",
    "Scan",
    "Step",
    "Tried",
    "advice",
    "best",
    "closest",
    "confusion",
    "cost",
    "counted",
    "effective",
    "file_sizes",
    "forgotten",
    "frontier",
    "further",
    "histograms",
    "latencies",
    "lost",
    "macs",
    "mistakes",
    "reading",
    "robustness",
    "search",
    "sensitivity",
    "spent",
    "steps",
    "survives",
    "sweep",
    "variants",
]
