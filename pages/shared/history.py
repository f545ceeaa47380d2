"""Everything that a visit has tried of a network, so that the best of it can be drawn and taken home."""

import pandas as pd
import streamlit as st

from core.measure import Candidate, PlanResult, Quality, frontier, measure_candidate
from core.pruning import Pruned, PruningPlan
from pages.shared import cache

MOST = 40
"""Steps of the slider that are kept, the latest ones; what a search or a fine-tune found is kept as well."""


def _book(name: str) -> dict[tuple[str, PruningPlan], PlanResult | Candidate]:
    return st.session_state.setdefault("visited", {}).setdefault(name, {})


def note_step(name: str, step: PlanResult) -> None:
    """Remember a step of the slider."""
    book = _book(name)
    book.setdefault(("pruned", step.plan), step)
    steps = [key for key, each in book.items() if isinstance(each, PlanResult)]
    for key in steps[:-MOST]:
        del book[key]


def note_tuned(name: str, pruned: Pruned, quality: Quality, key: object) -> None:
    """Remember a fine-tuned network."""
    _book(name)["fine-tuned", pruned.plan, key] = measure_candidate(cache.task(name), pruned, quality, "fine-tuned")


def dense(name: str) -> Candidate:
    """What the whole network costs."""
    nothing = PruningPlan(sparsity=0.0)
    whole = cache.dense_quality(name)
    key = (name, "dense", "counted")
    return cache.memo().get(
        key, lambda: measure_candidate(cache.task(name), cache.pruned(name, nothing), whole, "dense")
    )


def tried(name: str, found: list[Candidate]) -> list[Candidate]:
    """List everything, with what a search has found; the costs of slider steps are measure_candidate now."""
    book = _book(name)
    for each in found:
        book[each.stage, each.plan] = each
    return [each if isinstance(each, Candidate) else _counted(name, each) for each in book.values()]


def _counted(name: str, step: PlanResult) -> Candidate:
    key = (name, step.plan, "counted")
    return cache.memo().get(
        key, lambda: measure_candidate(cache.task(name), cache.pruned(name, step.plan), step.quality)
    )


def table(name: str, found: list[Candidate]) -> pd.DataFrame:
    """Lay out what was tried, one line each, with whether nothing beats it in bytes or in operations."""
    for_bytes = set(map(id, frontier(found, lambda each: each.size)))
    for_macs = set(map(id, frontier(found, lambda each: each.macs)))
    return pd.DataFrame(
        {
            "model": name,
            "stage": each.stage,
            "removed": each.plan.granularity,
            "criterion": each.plan.criterion,
            "scope": each.plan.scope,
            "sparsity": round(each.sparsity, 4),
            "metric": each.quality.metric,
            "value": each.quality.value,
            "low": each.quality.low,
            "high": each.quality.high,
            "examples": each.quality.n,
            "parameters": each.parameters,
            "bytes": each.size,
            "macs": each.macs,
            "macs without zeros": each.effective,
            "best for its bytes": id(each) in for_bytes,
            "best for its macs": id(each) in for_macs,
        }
        for each in found
    )
