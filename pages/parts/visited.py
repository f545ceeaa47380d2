"""Everything that a visit has tried of a network, so that the best of it can be drawn and taken home."""

import pandas as pd
import streamlit as st

from core.measure import Quality, Step, Tried, counted, frontier
from core.pruning import Pruned, PruningPlan
from pages.parts import border

MOST = 40
"""Steps of the slider that are kept, the latest ones; what a search or a fine-tune found is kept as well."""


def _book(name: str) -> dict[tuple[str, PruningPlan], Step | Tried]:
    return st.session_state.setdefault("visited", {}).setdefault(name, {})


def note_step(name: str, step: Step) -> None:
    """Remember a step of the slider."""
    book = _book(name)
    book.setdefault(("pruned", step.plan), step)
    steps = [key for key, each in book.items() if isinstance(each, Step)]
    for key in steps[:-MOST]:
        del book[key]


def note_tuned(name: str, pruned: Pruned, quality: Quality, key: object) -> None:
    """Remember a fine-tuned network."""
    _book(name)["fine-tuned", pruned.plan, key] = counted(border.task(name), pruned, quality, "fine-tuned")


def dense(name: str) -> Tried:
    """What the whole network costs."""
    nothing = PruningPlan(sparsity=0.0)
    whole = border.dense_quality(name)
    key = (name, "dense", "counted")
    return border.memo().get(key, lambda: counted(border.task(name), border.pruned(name, nothing), whole, "dense"))


def tried(name: str, found: list[Tried]) -> list[Tried]:
    """List everything, with what a search has found; the costs of slider steps are counted now."""
    book = _book(name)
    for each in found:
        book[each.stage, each.plan] = each
    return [each if isinstance(each, Tried) else _counted(name, each) for each in book.values()]


def _counted(name: str, step: Step) -> Tried:
    key = (name, step.plan, "counted")
    return border.memo().get(key, lambda: counted(border.task(name), border.pruned(name, step.plan), step.quality))


def table(name: str, found: list[Tried]) -> pd.DataFrame:
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
