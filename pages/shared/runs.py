"""The fine-tunes that have ended in a visit, as plain data: one line each, to compare and to take home."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from core.measure import Change, Quality
from core.measure import change as measured_change
from core.pruning import PruningPlan
from core.tuning import Recipe
from pages.shared import cache, fine_tunes, history
from pages.shared.fine_tunes import FineTune
from pages.shared.format import format_change


@dataclass(frozen=True)
class Run:
    """Hold a fine-tune that has ended, without its weights.

    job: the number of its job; state: how that ended.
    sparsity, steps, seconds: of what is judged.
    dense, pruned, tuned: quality on validation data; against_dense, against_pruned: how far the tuned one lies from it.
    """

    job: int
    name: str
    plan: PruningPlan
    recipe: Recipe
    state: str
    sparsity: float
    steps: int
    seconds: float
    dense: Quality
    pruned: Quality
    tuned: Quality
    against_dense: Change
    against_pruned: Change


def runs_of_visit() -> list[Run]:
    """Return the runs of this visit, oldest first."""
    return st.session_state.setdefault("runs", [])


def note_run(tuned: FineTune) -> None:
    """Add a fine-tune to the runs of this visit and to what was tried of its model, once."""
    runs = runs_of_visit()
    if any(run.job == tuned.number for run in runs):
        return
    dense, after = cache.dense_quality(tuned.name), fine_tunes.judge(tuned)
    before = cache.settled_result(tuned.name, tuned.plan).quality
    history.note_tuned(tuned.name, fine_tunes.rebuild_network(tuned), after, tuned.recipe)
    runs.append(
        Run(
            tuned.number,
            tuned.name,
            tuned.plan,
            tuned.recipe,
            tuned.state,
            tuned.reached.sparsity,
            tuned.reached.step,
            tuned.reached.seconds,
            dense,
            before,
            after,
            measured_change(dense, after),
            measured_change(before, after),
        )
    )


def qualities_by_seed(tuned: FineTune) -> tuple[tuple[int, Quality], ...]:
    """Return what the same fine-tune reached with each seed that this visit has tried, by seed."""

    def about(run: Run | FineTune) -> tuple[str, PruningPlan, Recipe]:
        return run.name, run.plan, replace(run.recipe, seed=0)

    found = {run.recipe.seed: run.tuned for run in runs_of_visit() if about(run) == about(tuned)}
    return tuple(sorted(found.items()))


def runs_table(runs: list[Run]) -> pd.DataFrame:
    """Lay out runs, one line each."""
    return pd.DataFrame(_row(number, run) for number, run in enumerate(runs, 1))


def _row(number: int, run: Run) -> dict[str, Any]:
    about = run.dense.about
    scale, digits = (100, 2) if about.share else (1, about.digits)
    return {
        "Run": number,
        "Model": run.name,
        "Strategy": run.recipe.strategy,
        "Removed": run.plan.granularity,
        "Sparsity, %": round(100 * run.sparsity, 2),
        "Metric": f"{run.dense.metric}, %" if about.share else run.dense.metric,
        "Dense": round(scale * run.dense.value, digits),
        "Before": round(scale * run.pruned.value, digits),
        "After": round(scale * run.tuned.value, digits),
        "Low": round(scale * run.tuned.low, digits),
        "High": round(scale * run.tuned.high, digits),
        "Against dense": format_change(run.against_dense),
        "Against pruned": format_change(run.against_pruned),
        "Steps": run.steps,
        "Seconds": round(run.seconds, 1),
        "Ended": "complete" if run.state == "done" else run.state,
        "Learning rate": run.recipe.learning_rate,
        "Seed": run.recipe.seed,
    }
