"""The fine-tunes of a visit that have ended, one line each, to compare and to take home."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from core.experiment import Experiment
from core.language import SOURCE, text, translate
from core.measure import Quality
from core.store import Store, StoreUnavailable
from core.store.results import tuned_results
from pages.shared import fine_tunes
from pages.shared.fine_tunes import FineTune
from pages.shared.format import format_difference

HEADINGS = (
    *(text("Run"), text("Name"), text("Model"), text("Strategy"), text("Removed"), text("Sparsity, %")),
    *(text("Metric"), text("Dense"), text("Before"), text("After"), text("Low"), text("High"), text("Steps")),
    *(text("Seconds"), text("Ended"), text("Learning rate"), text("Seed"), text("File, kB"), text("Note")),
)
"""Headings of the table of runs; the download has them in English, so that programs can rely on them."""


def qualities_by_seed(tuned: FineTune) -> tuple[tuple[int, Quality], ...]:
    """Return what the same fine-tune reached with each seed that this visit has tried, by seed."""

    def without_seed(run: FineTune) -> Experiment:
        return replace(run.experiment, recipe=replace(run.recipe, seed=0))

    there = fine_tunes.fine_tunes_of_visit(tuned.network)
    found = {run.recipe.seed: run.tuned for run in there if without_seed(run) == without_seed(tuned)}
    return tuple(sorted(found.items()))


def runs_table(runs: Sequence[FineTune]) -> pd.DataFrame:
    """Lay out runs, one line each, with how far each lies from the dense and from the pruned network."""
    return pd.DataFrame(_full_row(number, run) for number, run in enumerate(runs, 1))


def write_runs(kept_in: Store, key: str, said_in: str = SOURCE) -> str:
    """Write all runs of a visit as CSV; it needs no page, since a click on a download has left it already.

    said_in: the language in which it says why there are none.
    """
    try:
        found = [fine_tunes.read_fine_tune(*each) for each in tuned_results(kept_in, key, fine_tunes.KIND)]
    except StoreUnavailable as error:
        return f"{translate(said_in, error.what)} {translate(said_in, error.advice)}"
    return runs_table([run for run in found if run]).to_csv(index=False)


def _full_row(number: int, run: FineTune) -> dict[str, Any]:
    changes = {
        "Against dense": format_difference(run.tuned, run.dense),
        "Against pruned": format_difference(run.tuned, run.pruned),
    }
    row = {"Run": number, **run_row(run)}
    return {**{key: value for key, value in row.items() if key not in HOW}, **changes, **{key: row[key] for key in HOW}}


HOW = ("Steps", "Seconds", "Ended", "Learning rate", "Seed")
"""The columns that tell how a run went; they come last."""


def run_row(run: FineTune) -> dict[str, Any]:
    """Lay out one run: what it was, what it reached, and how it went."""
    about = run.dense.about
    scale, digits = (100, 2) if about.share else (1, about.digits)
    return {
        "Model": run.network,
        "Strategy": run.recipe.strategy,
        "Removed": run.plan.granularity,
        "Sparsity, %": round(100 * run.sparsity, 2),
        "Metric": f"{run.dense.metric}, %" if about.share else run.dense.metric,
        "Dense": round(scale * run.dense.value, digits),
        "Before": round(scale * run.pruned.value, digits),
        "After": round(scale * run.tuned.value, digits),
        "Low": round(scale * run.tuned.low, digits),
        "High": round(scale * run.tuned.high, digits),
        "Steps": run.step,
        "Seconds": round(run.seconds, 1),
        "Ended": "complete" if run.state == "done" else run.state,
        "Learning rate": run.recipe.learning_rate,
        "Seed": run.recipe.seed,
    }
