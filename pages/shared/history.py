"""Everything that a visit has tried of a network, so that the best of it can be drawn and taken home."""

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from core.keys import Key, about
from core.measure import Candidate, PlanResult, frontier, measure_candidate
from core.pruning import PruningPlan
from core.stages import Subject
from pages.shared import answers, cache, fine_tunes

MOST_STEPS = 40
"""Steps of the slider that are kept, the latest ones; what a search found is kept as well."""


def _tried(name: str) -> dict[Hashable, PlanResult | Candidate]:
    return st.session_state.setdefault("tried", {}).setdefault(name, {})


def note_result(subject: Subject, result: PlanResult) -> None:
    """Remember a step of the slider; the other stages are known anyway."""
    if subject.stage != "pruned":
        return
    tried = _tried(subject.network)
    tried.setdefault(("pruned", result.plan), result)
    steps = [key for key, each in tried.items() if isinstance(each, PlanResult)]
    for key in steps[:-MOST_STEPS]:
        del tried[key]


def note_found(name: str, found: list[Candidate]) -> None:
    """Remember what a search has found."""
    _tried(name).update({(each.stage, each.plan): each for each in found})


def list_tried(name: str) -> list[Candidate]:
    """Return everything that was tried; what a step of the slider costs is counted now."""
    steps = [each if isinstance(each, Candidate) else _count(name, each) for each in _tried(name).values()]
    tuned = [each.candidate for each in fine_tunes.fine_tunes_of_visit(name) if each.network == name and each.size]
    return steps + tuned


def _count(name: str, result: PlanResult) -> Candidate:
    subject, task = Subject(name, result.plan), cache.task(name)
    count = about(subject, "candidate")
    return answers.memo().get(count, lambda: measure_candidate(task, cache.network(subject), result.quality))


def dense_candidate(name: str) -> Candidate:
    """Count what the whole network costs."""
    task, quality, whole = cache.task(name), cache.dense_quality(name), Subject(name, PruningPlan(), "dense")
    return answers.memo().get(
        Key(name, "candidate"), lambda: measure_candidate(task, cache.network(whole), quality, "dense")
    )


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
