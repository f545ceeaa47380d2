"""The long work that runs beside the page: plain data in, a stream of plain data out; one file a kind of work."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.jobs.work.adapting import adapt_ways
from core.jobs.work.challenging import score_submission
from core.jobs.work.curves import quick_limit, scan_layers, sweep
from core.jobs.work.ends import find_end
from core.jobs.work.fetching import fetch_from_hub, fetch_missing
from core.jobs.work.loader import Loader, loader
from core.jobs.work.measuring import (
    cost,
    judge_shifts,
    measure_engines,
    measure_file,
    measure_shipping,
    search,
    search_limit,
)
from core.jobs.work.packing import PackProgress, pack
from core.jobs.work.repairing import RepairProgress, judge_repair, repair_network
from core.jobs.work.reporting import ReportProgress, by_chance, report
from core.jobs.work.tuning import (
    TunedPoint,
    TuneProgress,
    best_progress,
    drop_weights,
    tune,
    tune_points,
    tuned_network,
)

WORK: Mapping[str, Callable[..., Iterator[Any]]] = {
    "tune": tune,
    "tune_points": tune_points,
    "sweep": sweep,
    "sensitivity": scan_layers,
    "cost": cost,
    "search": search,
    "end": find_end,
    "shipping": measure_shipping,
    "engines": measure_engines,
    "file": measure_file,
    "shifts": judge_shifts,
    "report": report,
    "fetch": fetch_missing,
    "hub": fetch_from_hub,
    "adapt": adapt_ways,
    "challenge": score_submission,
    "pack": pack,
    "repair": repair_network,
    "judge_repair": judge_repair,
}
"""Name of the work -> function of a `Loader` and the work's arguments, which yields how far it is."""

__all__ = [
    "WORK",
    "Loader",
    "PackProgress",
    "RepairProgress",
    "ReportProgress",
    "TuneProgress",
    "TunedPoint",
    "adapt_ways",
    "best_progress",
    "by_chance",
    "cost",
    "drop_weights",
    "find_end",
    "judge_repair",
    "judge_shifts",
    "loader",
    "measure_engines",
    "measure_file",
    "measure_shipping",
    "pack",
    "quick_limit",
    "repair_network",
    "report",
    "scan_layers",
    "score_submission",
    "search",
    "search_limit",
    "sweep",
    "tune",
    "tune_points",
    "tuned_network",
]
