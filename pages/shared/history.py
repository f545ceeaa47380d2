"""Everything that a visit has tried of a network, so that the best of it can be drawn and taken home."""

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from core.keys import Key
from core.measure import Candidate, PlanResult, Quality, frontier, measure_candidate
from core.pruning import Pruned, PruningPlan
from pages.shared import cache

MOST_STEPS = 40
"""Steps of the slider that are kept, the latest ones; what a search or a fine-tune found is kept as well."""


def _tried(name: str) -> dict[Hashable, PlanResult | Candidate]:
    return st.session_state.setdefault("tried", {}).setdefault(name, {})


def note_result(name: str, result: PlanResult) -> None:
    """Remember a step of the slider."""
    tried = _tried(name)
    tried.setdefault(("pruned", result.plan), result)
    steps = [key for key, each in tried.items() if isinstance(each, PlanResult)]
    for key in steps[:-MOST_STEPS]:
        del tried[key]


def note_tuned(name: str, pruned: Pruned, quality: Quality, recipe: Hashable) -> None:
    """Remember a fine-tuned network."""
    counted = measure_candidate(cache.task(name), pruned, quality, "fine-tuned")
    _tried(name)["fine-tuned", pruned.plan, recipe] = counted


def note_found(name: str, found: list[Candidate]) -> None:
    """Remember what a search has found."""
    _tried(name).update({(each.stage, each.plan): each for each in found})


def list_tried(name: str) -> list[Candidate]:
    """Return everything that was tried; what a step of the slider costs is counted now."""
    return [each if isinstance(each, Candidate) else _count(name, each) for each in _tried(name).values()]


def _count(name: str, result: PlanResult) -> Candidate:
    key, task = Key(name, "costs", result.plan), cache.task(name)
    return cache.memo().get(key, lambda: measure_candidate(task, cache.pruned(name, result.plan), result.quality))


def dense_candidate(name: str) -> Candidate:
    """Count what the whole network costs."""
    key, task, quality = Key(name, "costs"), cache.task(name), cache.dense_quality(name)
    nothing = PruningPlan(sparsity=0.0)
    return cache.memo().get(key, lambda: measure_candidate(task, cache.pruned(name, nothing), quality, "dense"))


def history_table(name: str, tried: list[Candidate]) -> pd.DataFrame:
    """Lay out what was tried, one line each, with whether nothing beats it in bytes or in operations."""
    for_bytes = set(map(id, frontier(tried, lambda each: each.size)))
    for_macs = set(map(id, frontier(tried, lambda each: each.macs)))
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
        for each in tried
    )
