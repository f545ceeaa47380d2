"""Which sparsity for which end: the smallest file or the fastest network within a loss, and all that was tried."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import frontier_chart
from core.charts.in_words import frontier_in_words
from core.ends import BATCHES, FORMS, GOALS, End, EndFigures, Tried
from core.experiment import STAGE_NAMES
from core.jobs.job import Job
from core.language import text
from core.quality import METRICS
from pages.parts.measure.ends_answer import draw_answer
from pages.shared import cache, workers
from pages.shared.charts import draw_chart
from pages.shared.format import format_bytes, format_difference, format_latency, format_percent, format_quality
from pages.shared.job_button import job_button, show_until_results
from pages.shared.words import option_labels, t, t_of

COSTS = {"smallest": text("bytes of the file"), "fastest": text("microseconds of one pass")}
"""What the chart shows quality over, by the end."""


def offer_ends(name: str) -> None:
    """Ask for an end and a loss, search, and say what was found."""
    st.caption(
        t(
            "Or say what for. Smallest file: plans, repaired or not, in every form of a file. Fastest: each layer is "
            "timed at several widths on this machine, and the best widths are tried whole in every engine."
        )
    )
    goal, loss, many, start = st.columns([2, 2, 2, 1], vertical_alignment="bottom", gap="medium")
    chosen = goal.selectbox(t("What for"), list(GOALS), format_func=option_labels(GOALS), key="end")
    lose = _choose_loss(name, loss)
    batch = 64
    if chosen == "fastest":
        labels = {each: t("{batch} at a time", batch=each) for each in BATCHES}
        batch = many.selectbox(t("Examples"), list(BATCHES), 1, format_func=labels.__getitem__, key="end-batch")
    end = End(chosen, lose, batch)
    job = job_button(
        start, t("Find it"), "end", name, end, key="find-end", width="stretch", compact=_latest, stop=False
    )
    if job is not None:
        st.fragment(_draw, run_every=1.0 if job.active else None)(name, job, job.active)


def _latest(results: tuple[EndFigures, ...]) -> tuple[EndFigures, ...]:
    """Keep the last of what a search said, since it holds all before it."""
    return results[-1:]


def _choose_loss(name: str, place: DeltaGenerator) -> float:
    """Ask how much may be lost; return it in the metric's unit."""
    about = METRICS[cache.info(name).metric]
    label = t("Loss at most, points") if about.share else t("Loss at most, of the metric")
    start = 1.0 if about.share else (10.0 if about.digits < 2 else 0.01)
    given = place.number_input(label, 0.0, 1000.0, start, start / 2, "%.3g", key=f"end-lose-{name}")
    return given / 100 if about.share else given


def _draw(name: str, job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, t("Judging the whole network ...")):
        return
    found: EndFigures = job.results[-1]
    if job.active:
        far, stop = st.columns([4, 1], vertical_alignment="center")
        left = t("about {left:.0f} s left", left=found.left)
        far.caption(t("{doing}; {count:,} tried, {left}.", doing=t(found.doing), count=len(found.tried), left=left))
        if stop.button(t("Stop"), key="stop-end", width="stretch"):
            workers.jobs().stop(job)
    elif found.tried:
        if job.state == "stopped":
            st.caption(t("Stopped; what follows is of what was tried until then."))
        draw_answer(name, found)
    if len(found.tried) > 1:
        _draw_tried(found)
    for kind, why in found.left_out.items():
        st.caption(t("Left out, {kind}: {why}", kind=t(FORMS.get(kind, kind)), why=t(why)))


def _draw_tried(found: EndFigures) -> None:
    """Draw quality over bytes or time of all whose cost is known, and list them."""
    ranked, goal = found.ranked, found.end.goal
    costs = {id(each.candidate): _cost(each, goal) for each in ranked}
    shown, best = [each.candidate for each in ranked], found.best
    if len(shown) > 1:
        label, chosen = t(COSTS[goal]), best.candidate if best else None
        theme = st.context.theme.type or "light"
        draw_chart(
            frontier_chart(shown, lambda each: costs[id(each)], label, chosen, theme),
            "ends",
            frontier_in_words(shown, lambda each: costs[id(each)], label, chosen),
        )
    with st.expander(t("Everything that was tried: {count:,}", count=len(found.tried))):
        rest = [each for each in found.tried if all(each is not other for other in ranked)]
        st.dataframe(pd.DataFrame([_row(found, each) for each in [*ranked, *rest]]), hide_index=True)
        if found.table:
            st.markdown(t("Milliseconds of the whole network with one layer narrowed:"))
            st.dataframe(_widths(found))
    dense = found.whole.quality
    st.caption(
        t(
            "Quality: of {count:,} validation {noun} by which nothing was chosen; changes with their 95 % range, "
            "against the dense network on the same ones. Times: median, with quartiles, in turn, on {threads}.",
            count=dense.n,
            noun=t(dense.about.noun),
            threads=t_of("{count} processor thread", "{count} processor threads", found.threads),
        )
    )


def _cost(each: Tried, goal: str) -> float:
    if goal == "smallest":
        return each.candidate.size
    times = each.latency or each.ranked
    return round(1000 * times.median) if times else 0


def _row(found: EndFigures, each: Tried) -> dict[str, str]:
    candidate, dense = each.candidate, found.whole.quality
    same = found.dense_in(each.form)
    by_table = ""
    if each.expected is not None:
        by_table = t("{share:.2f} of dense", share=each.expected)
        if same and same.latency:
            by_table = t("{ms:.3f}", ms=each.expected * same.latency.median)
    row = {
        t("Form or engine"): t(FORMS[each.form]),
        t("Network"): t(STAGE_NAMES[candidate.stage]),
        t("How"): "" if each.dense else t(", ").join(t(choice.label) for choice in candidate.plan.choices),
        t("Removed"): format_percent(candidate.sparsity),
        t("Bytes"): format_bytes(candidate.size),
        t(candidate.quality.metric): format_quality(candidate.quality),
        t("Change"): "" if each is found.tried[0] else format_difference(candidate.quality, dense),
    }
    if found.end.goal == "fastest":
        row |= {t("ms"): format_latency(each.latency) if each.latency else "", t("ms, by the table"): by_table}
    return row


def _widths(found: EndFigures) -> pd.DataFrame:
    """Lay out the table of latencies: a line for each layer and width, a column for each engine."""
    rows: dict[str, dict[str, float]] = {}
    for each in found.table:
        line = t("{layer}, {units} of {of} units", layer=each.layer, units=each.units, of=each.of)
        rows.setdefault(line, {})[t(FORMS[each.engine])] = round(each.milliseconds, 3)
    return pd.DataFrame.from_dict(rows, orient="index")
