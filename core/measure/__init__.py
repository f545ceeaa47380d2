"""Measuring: quality with its interval, cost, and how both change with sparsity."""

from core.measure.adapting import WAYS, Adapted, AdaptingProgress, Way, compare_ways
from core.measure.advice import advice
from core.measure.budget import (
    Budget,
    Candidate,
    best_within,
    budget_used,
    closest,
    finest,
    frontier,
    lost,
    measure_candidate,
)
from core.measure.comparison import NetworkCurves, reading, survives
from core.measure.confusion import confusion, mistakes
from core.measure.cost import Cost, as_shipped, cost, effective, macs, plain_size
from core.measure.encodings import ENCODINGS, file_sizes
from core.measure.forgotten import Forgotten, forgotten
from core.measure.further_figures import FurtherChanges, FurtherFigures, further_changes, further_figures
from core.measure.histogram import Histogram, histograms
from core.measure.latency import Latency, latencies, variants
from core.measure.old_task import OldTask, forgotten_of_old
from core.measure.over_fitting import Look, over_fitting
from core.measure.past_runs import PastRun, measure_run, same_way, shipped_runs
from core.measure.promise import Before, Promise, learn, make_promise, read_promise
from core.measure.robustness import ShiftResult, robustness
from core.measure.search import search
from core.measure.sensitivity import Sensitivity, join_parts, sensitivity
from core.measure.shipping import ShippingFigures, shipping_figures
from core.measure.statistics import Change, change, paired_change
from core.measure.sweep import PlanResult, judge_network, judge_plan, sweep
from core.quality import Quality

__all__ = [
    "ENCODINGS",
    "WAYS",
    "Adapted",
    "AdaptingProgress",
    "Before",
    "Budget",
    "Candidate",
    "Change",
    "Cost",
    "Forgotten",
    "FurtherChanges",
    "FurtherFigures",
    "Histogram",
    "Latency",
    "Look",
    "NetworkCurves",
    "OldTask",
    "PastRun",
    "PlanResult",
    "Promise",
    "Quality",
    "Sensitivity",
    "ShiftResult",
    "ShippingFigures",
    "Way",
    "advice",
    "as_shipped",
    "best_within",
    "budget_used",
    "change",
    "closest",
    "compare_ways",
    "confusion",
    "cost",
    "effective",
    "file_sizes",
    "finest",
    "forgotten",
    "forgotten_of_old",
    "frontier",
    "further_changes",
    "further_figures",
    "histograms",
    "join_parts",
    "judge_network",
    "judge_plan",
    "latencies",
    "learn",
    "lost",
    "macs",
    "make_promise",
    "measure_candidate",
    "measure_run",
    "mistakes",
    "over_fitting",
    "paired_change",
    "plain_size",
    "read_promise",
    "reading",
    "robustness",
    "same_way",
    "search",
    "sensitivity",
    "shipped_runs",
    "shipping_figures",
    "survives",
    "sweep",
    "variants",
]
