"""What a search for an end found, in a sentence, and the way to go on with it."""

import streamlit as st

from core.ends import FORMS, EndFigures, Tried
from core.experiment import STAGE_NAMES
from core.measure import lost
from pages.shared import link, plan_state
from pages.shared.format import (
    format_bytes,
    format_difference,
    format_latency,
    format_percent,
    format_quality,
)
from pages.shared.words import t


def draw_answer(name: str, found: EndFigures) -> None:
    """Say what is smallest or fastest within the loss, or how near anything came, and offer to use its plan."""
    best, nearest = found.best, found.nearest
    pruned = next((each for each in found.ranked if not each.dense and found.meets(each.candidate)), None)
    if best is None and nearest is None:
        st.warning(t("Nothing was tried yet."))
        return
    if best is not None:
        described = _describe(found, best)
        dense = found.whole.quality
        if lost(best.candidate.quality, dense) > found.end.lose:
            st.warning(t("{described} It kept to the loss where it was chosen, not here.", described=described))
        else:
            st.success(described)
        if chance := _by_chance(found, best):
            st.caption(chance)
    if pruned is None and nearest is not None and not found.meets(nearest.candidate):
        change = format_difference(nearest.candidate.choosing, found.whole.choosing)
        st.warning(
            t(
                "Nothing that was removed keeps to this loss. The nearest: {ways}, {sparsity} removed, {change}. Allow "
                "more, or fine-tune.",
                ways=_ways(nearest),
                sparsity=format_percent(nearest.candidate.sparsity),
                change=change,
            )
        )
    elif best is None:
        st.caption(t("Nothing was timed yet, so that the fastest is not known."))
    st.caption(
        t(
            "Chosen on {chosen:,} validation {noun}; the figures here are of {others:,} others, since the best of many "
            "looks better than it is where it was chosen.",
            chosen=found.whole.choosing.n,
            noun=t(found.whole.quality.about.noun),
            others=found.whole.quality.n,
        )
    )
    if found.end.goal == "fastest":
        st.caption(
            t(
                "None of these networks has learned again. After a fine-tune, more units can go for the same loss: "
                "remove more of them, fine-tune, and compare the engines on this page with what you then have in hand."
            )
        )
    taken = best if best is not None and not best.dense else pruned or nearest
    if taken is None:
        return
    how = "once" if taken.candidate.stage == "repaired" else ""
    if st.button(t("Use this plan"), key="take-end", on_click=_take, args=(name, taken, how)):
        link.open_explore(name)


def _take(name: str, taken: Tried, how: str) -> None:
    plan_state.set_plan(name, taken.candidate.plan)
    plan_state.set_repair(how)


def _ways(each: Tried) -> str:
    """Say how something was made, in a few words."""
    if each.dense:
        return t(STAGE_NAMES["dense"])
    ways = t(", ").join(t(choice.label) for choice in each.candidate.plan.choices)
    repaired = t("repaired") if each.candidate.stage == "repaired" else t("not repaired")
    return t("{ways}, {repaired}", ways=ways, repaired=repaired)


def _describe(found: EndFigures, best: Tried) -> str:
    """Say what was found: plan, repair, form, cost against the dense network, and quality with its range."""
    candidate, whole = best.candidate, found.whole
    said = {
        "ways": _ways(best),
        "sparsity": format_percent(candidate.sparsity),
        "form": t(FORMS[best.form]),
        "metric": t(candidate.quality.metric),
        "figure": format_quality(candidate.quality),
        "change": format_difference(candidate.quality, whole.quality),
    }
    if found.end.goal == "smallest":
        return t(
            "Smallest: {size} as {form}, {times:.1f} times smaller than the dense network's plain file. {ways}, "
            "{sparsity} removed: {metric} {figure} (against the dense network: {change}).",
            size=format_bytes(candidate.size),
            times=whole.size / candidate.size,
            **said,
        )
    same, plain = found.dense_in(best.form), found.tried[0]
    times = best.latency or best.ranked
    told = t("Fastest: {ms} ms in {form}.", ms=format_latency(times), form=said["form"])
    if times and plain.latency and same and same.latency:
        told = t(
            "Fastest: {ms} ms in {form}, {plain:.1f} times the speed of the dense network in PyTorch, {same:.1f} times "
            "that of the dense one in the same engine.",
            ms=format_latency(times),
            form=said["form"],
            plain=plain.latency.median / times.median,
            same=same.latency.median / times.median,
        )
    rest = t(
        "{ways}, {sparsity} removed: {metric} {figure} (against the dense network: {change}), file {size}.",
        size=format_bytes(candidate.size),
        **{key: value for key, value in said.items() if key != "form"},
    )
    return f"{told} {rest}"


def _by_chance(found: EndFigures, best: Tried) -> str:
    """Say that a gain in time cannot be told from chance, where quartiles touch; "" where they do not."""
    same = found.dense_in(best.form)
    if found.end.goal != "fastest" or best.dense or not (best.latency and same and same.latency):
        return ""
    if best.latency.high < same.latency.low:
        return ""
    return t("Its time and that of the dense network in the same engine cannot be told apart: their quartiles touch.")
