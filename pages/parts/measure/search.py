"""The best trade-off under a budget that people set, and the frontier of everything they tried."""

from typing import Any

import streamlit as st

from core.charts import frontier_chart
from core.jobs.pool import Job
from core.measure import Budget, Candidate, Quality, best_within, closest, lost
from core.quality import METRICS
from pages.shared import cache, history, link
from pages.shared.format import change, figure, percent, size
from pages.shared.job_button import asked, pending
from pages.shared.plan_labels import CUT, JUDGE, REMOVE

KINDS = {"lose": "Lose at most", "size": "File of at most", "macs": "Operations of at most"}
AXES = {
    "lose": ("bytes of the file, written sparsely", lambda each: each.size),
    "size": ("bytes of the file, written sparsely", lambda each: each.size),
    "macs": ("operations (MACs) for one example", lambda each: each.macs),
    "skipping": ("operations (MACs) that are not with a zero", lambda each: each.effective),
}


def budget(name: str) -> None:
    """Ask for a budget, search for the best plan that keeps to it, and draw everything that was tried."""
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom", gap="medium")
    kind = left.selectbox("What is limited", list(KINDS), format_func=KINDS.get, key="budget")
    given, limit = _limit(name, kind, middle)
    job = asked(right, "Search", "search", name, given, width="stretch")
    if job is not None:
        st.caption(f"{KINDS[kind]} {limit}. Eight ways to prune are tried; it goes on while you do something else.")
    else:
        st.caption("Tries eight ways to prune, each at many sparsities, on validation data.")
    active = job is not None and job.active
    st.fragment(_found, run_every=1.0 if active else None)(name, given, job, active)


def _limit(name: str, kind: str, place: Any) -> tuple[Budget, str]:
    """Ask how much; return the budget and how people read it."""
    about, whole = METRICS[cache.tasks()[name].metric], history.dense(name)
    if kind == "lose":
        unit = "points" if about.share else "of the metric"
        start = 1.0 if about.share else (10.0 if about.higher else 0.01)
        asked_for = place.number_input(f"Loss, {unit}", 0.0, 1000.0, start, start / 2, "%.3g", key=f"most-{name}-lose")
        return Budget(lose=asked_for / (100 if about.share else 1)), f"{asked_for:g} {unit}"
    if kind == "size":
        most = place.number_input("File, kB", 0.1, 1e6, round(whole.size / 4e3, 1), key=f"most-{name}-size")
        return Budget(size=round(1000 * most)), f"{most:,g} kB"
    skipping = place.toggle("The hardware skips zeros", key="skipping", help="Ordinary processors do not.")
    most = place.number_input("Operations, thousands", 0.1, 1e9, round(whole.macs / 2e3, 1), key=f"most-{name}-macs")
    return Budget(macs=round(1000 * most), skipping=skipping), f"{most:,g} thousand operations"


def _found(name: str, given: Budget, job: Job | None, busy: bool) -> None:
    results: list[Candidate] = list(job.results) if job else []
    if job is not None and pending(job, busy, "Judging the whole network ..."):
        return
    picked = best_within(results, given, results[0].choosing) if results else None
    if busy:
        text, stop = st.columns([4, 1], vertical_alignment="center")
        text.caption(f"{len(results):,} networks tried so far.")
        if stop.button("Stop", key="stop-search", width="stretch"):
            cache.jobs().stop(job)
    elif results:
        _answer(name, given, results, picked)
    shown = history.tried(name, results)
    if len(shown) < 2:
        return
    kind = "lose" if given.lose is not None else "size" if given.size is not None else "macs"
    label, cost = AXES["skipping" if given.skipping else kind]
    st.plotly_chart(
        frontier_chart(shown, cost, label, picked, st.context.theme.type or "light"),
        key="pareto",
        theme=None,
        config={"displayModeBar": False},
        alt="Quality over cost of everything that was tried in this visit",
    )
    text, take = st.columns([3, 1], vertical_alignment="center", gap="medium")
    text.caption(f"Everything this visit tried of this network: {len(shown):,}. Bars: 95 % range.")
    table = history.table(name, shown).to_csv(index=False)
    take.download_button("Download (CSV)", table, f"{name}-tried.csv", "text/csv", on_click="ignore", width="stretch")


def _answer(name: str, given: Budget, results: list[Candidate], picked: Candidate | None) -> None:
    """Say what was found, or what comes closest, and offer to open it."""
    dense = results[0].quality
    if picked is None:
        near = closest(results, given, results[0].choosing)
        if near is None:
            st.warning("Nothing could be tried within this budget: even the smallest network is above it. Allow more.")
            return
        st.warning(
            f"Nothing that was tried keeps to this budget. The closest: {_told(name, near, dense, given)} "
            "Allow more, or fine-tune."
        )
        picked = near
    else:
        fresh = lost(picked.quality, dense)
        if given.lose is not None and fresh > given.lose:
            st.warning(f"{_told(name, picked, dense, given)} It kept to the budget where it was chosen, not here.")
        else:
            st.success(_told(name, picked, dense, given))
    st.caption(
        f"Chosen on {results[0].choosing.n:,} validation {dense.about.noun}; the figures here are of {dense.n:,} "
        "others, since the best of many looks better than it is where it was chosen."
    )
    if picked.stage == "dense":
        return
    if st.button("Open in Explore", key="take", on_click=link.open_plan, args=(name, picked.plan)):
        link.to_explore(name)


def _usual(name: str) -> str:
    """Say of what size of example operations are counted, where examples differ in size."""
    usual = cache.task(name).inputs.usual_size()
    return f" for {usual}" if usual else ""


def _told(name: str, found: Candidate, dense: Quality, given: Budget) -> str:
    """Say what was removed, how, and what came of it."""
    plan = found.plan
    ways = (REMOVE.get(plan.granularity, REMOVE["N:M"]), JUDGE[plan.criterion], CUT[plan.scope])
    operations = found.effective if given.skipping else found.macs
    return (
        f"{', '.join(way.label for way in ways)}, {percent(found.sparsity)} removed: {found.quality.metric} "
        f"{figure(found.quality)} (against the whole network: {change(found.quality, dense)}), {size(found.size)}, "
        f"{operations:,} operations{_usual(name)}."
    )
