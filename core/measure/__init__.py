"""Measuring: quality with its interval, cost, and how both change with sparsity."""

from core.measure.advice import advice
from core.measure.budget import Budget, Tried, best, closest, counted, finest, frontier, lost, search, spent
from core.measure.compare import Course, reading, survives
from core.measure.confusion import confusion, mistakes
from core.measure.cost import Cost, as_shipped, cost, effective, macs, plain_size
from core.measure.encoding import ENCODINGS, file_sizes
from core.measure.forgotten import Forgotten, forgotten
from core.measure.further import Further, FurtherChanges, further, further_changes
from core.measure.histogram import Histogram, histograms
from core.measure.latency import Latency, latencies, variants
from core.measure.live import STOPS, Step, steps, sweep
from core.measure.robust import Held, robustness
from core.measure.sensitivity import Scan, sensitivity
from core.measure.statistics import Change, change, paired_change
from core.tasks.quality import Quality

__all__ = [
    "ENCODINGS",
    "STOPS",
    "Budget",
    "Change",
    "Cost",
    "Course",
    "Forgotten",
    "Further",
    "FurtherChanges",
    "Held",
    "Histogram",
    "Latency",
    "Quality",
    "Scan",
    "Step",
    "Tried",
    "advice",
    "as_shipped",
    "best",
    "change",
    "closest",
    "confusion",
    "cost",
    "counted",
    "effective",
    "file_sizes",
    "finest",
    "forgotten",
    "frontier",
    "further",
    "further_changes",
    "histograms",
    "latencies",
    "lost",
    "macs",
    "mistakes",
    "paired_change",
    "plain_size",
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
