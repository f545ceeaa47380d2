"""The best trade-off under a budget that people set, and the frontier of everything they tried."""

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.charts import frontier_chart
from core.charts.in_words import frontier_in_words
from core.jobs.job import Job
from core.language import text
from core.measure import Budget, Candidate, Quality, best_within, closest, lost
from core.quality import METRICS
from pages.shared import cache, history, link, plan_state, workers
from pages.shared.charts import draw_chart
from pages.shared.download import file_stem
from pages.shared.format import format_bytes, format_difference, format_percent, format_quality
from pages.shared.job_button import job_button, show_until_results
from pages.shared.words import option_labels, t

LIMITS = {"lose": text("Lose at most"), "size": text("File of at most"), "macs": text("Operations of at most")}
"""What can be limited, as people read it."""

COSTS: Mapping[str, tuple[str, Callable[[Candidate], float]]] = {
    "lose": (text("bytes of the file, written sparsely"), lambda each: each.size),
    "size": (text("bytes of the file, written sparsely"), lambda each: each.size),
    "macs": (text("operations (MACs) for one example"), lambda each: each.macs),
    "skipping": (text("operations (MACs) that are not with a zero"), lambda each: each.effective),
}
"""What the chart shows quality over, by what is limited."""


def offer_search(name: str) -> None:
    """Ask for a budget, search for the best plan that keeps to it, and draw everything that was tried."""
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom", gap="medium")
    limited = left.selectbox(t("What is limited"), list(LIMITS), format_func=option_labels(LIMITS), key="budget")
    budget, limit = _choose_budget(name, limited, middle)
    job = job_button(right, t("Search"), "search", name, budget, key="search", width="stretch", stop=False)
    if job is not None:
        st.caption(
            t(
                "{limited} {limit}. Eight ways to prune are tried; it goes on while you do something else.",
                limited=LIMITS[limited],
                limit=limit,
            )
        )
    else:
        st.caption(t("Tries eight ways to prune, each at many sparsities, on validation data."))
    busy = job is not None and job.active
    st.fragment(_draw_search, run_every=1.0 if busy else None)(name, budget, limited, job, busy)


def _choose_budget(name: str, limited: str, place: DeltaGenerator) -> tuple[Budget, str]:
    """Ask how much; return the budget and how people read it."""
    about, whole = METRICS[cache.info(name).metric], history.dense_candidate(name)
    if limited == "lose":
        label = t("Loss, points") if about.share else t("Loss, of the metric")
        start = 1.0 if about.share else (10.0 if about.digits < 2 else 0.01)
        lose = place.number_input(label, 0.0, 1000.0, start, start / 2, "%.3g", key=f"most-{name}-lose")
        said = t("{most:g} points", most=lose) if about.share else t("{most:g} of the metric", most=lose)
        return Budget(lose=lose / (100 if about.share else 1)), said
    if limited == "size":
        most = place.number_input(t("File, kB"), 0.1, 1e6, round(whole.size / 4e3, 1), key=f"most-{name}-size")
        return Budget(size=round(1000 * most)), t("{most:,g} kB", most=most)
    skipping = place.toggle(t("The hardware skips zeros"), key="skipping", help=t("Ordinary processors do not."))
    start = round(whole.macs / 2e3, 1)
    most = place.number_input(t("Operations, thousands"), 0.1, 1e9, start, key=f"most-{name}-macs")
    return Budget(macs=round(1000 * most), skipping=skipping), t("{most:,g} thousand operations", most=most)


def _draw_search(name: str, budget: Budget, limited: str, job: Job | None, busy: bool) -> None:
    """Say what a search has found so far, and draw everything that this visit tried."""
    if job is not None and not show_until_results(job, busy, t("Judging the whole network ...")):
        return
    found: list[Candidate] = list(job.results) if job else []
    picked = best_within(found, budget, found[0].choosing) if found else None
    if job is not None and busy:
        far, stop = st.columns([4, 1], vertical_alignment="center")
        far.caption(t("{count:,} networks tried so far.", count=len(found)))
        if stop.button(t("Stop"), key="stop-search", width="stretch"):
            workers.jobs().stop(job)
    elif found:
        _draw_answer(name, budget, found, picked)
    history.note_found(name, found)
    _draw_frontier(name, "skipping" if budget.skipping else limited, picked)


def _draw_frontier(name: str, limited: str, picked: Candidate | None) -> None:
    """Draw everything that this visit tried of a network, and offer it as a table."""
    tried = history.list_tried(name)
    if len(tried) < 2:
        return
    label, cost = COSTS[limited]
    draw_chart(
        frontier_chart(tried, cost, label, picked, st.context.theme.type or "light"),
        "pareto",
        frontier_in_words(tried, cost, label, picked),
    )
    told, take = st.columns([3, 1], vertical_alignment="center", gap="medium")
    told.caption(t("Everything this visit tried of this network: {count:,}. Bars: 95 % range.", count=len(tried)))
    table = history.history_table(name, tried).to_csv(index=False)
    take.download_button(
        t("Download (CSV)"), table, f"{file_stem(name)}-tried.csv", "text/csv", on_click="ignore", width="stretch"
    )


def _draw_answer(name: str, budget: Budget, found: list[Candidate], picked: Candidate | None) -> None:
    """Say what was found, or what comes closest if nothing keeps to the budget, and offer to open it."""
    dense, choosing = found[0].quality, found[0].choosing
    shown = picked or closest(found, budget, choosing)
    if shown is None:
        st.warning(t("Nothing could be tried within this budget: even the smallest network is above it. Allow more."))
        return
    described = _describe(name, shown, dense, budget.skipping)
    if picked is None:
        st.warning(
            t(
                "Nothing that was tried keeps to this budget. The closest: {described} Allow more, or fine-tune.",
                described=described,
            )
        )
    elif budget.lose is not None and lost(picked.quality, dense) > budget.lose:
        st.warning(t("{described} It kept to the budget where it was chosen, not here.", described=described))
    else:
        st.success(described)
    st.caption(
        t(
            "Chosen on {chosen:,} validation {noun}; the figures here are of {others:,} others, since the best of many "
            "looks better than it is where it was chosen.",
            chosen=choosing.n,
            noun=t(dense.about.noun),
            others=dense.n,
        )
    )
    if shown.stage == "dense":
        return
    if st.button(t("Open in Explore"), key="take", on_click=plan_state.set_plan, args=(name, shown.plan)):
        link.open_explore(name)


def _describe(name: str, found: Candidate, dense: Quality, skipping: bool) -> str:
    """Say what was removed, how, and what came of it; skipping: whether operations with a zero are left out."""
    plan, usual = found.plan, cache.task(name).inputs.usual_size()
    said = {
        "ways": t(", ").join(t(choice.label) for choice in plan.choices),
        "sparsity": format_percent(found.sparsity),
        "metric": t(found.quality.metric),
        "figure": format_quality(found.quality),
        "change": format_difference(found.quality, dense),
        "size": format_bytes(found.size),
        "operations": found.effective if skipping else found.macs,
    }
    if usual:
        return t(
            "{ways}, {sparsity} removed: {metric} {figure} (against the whole network: {change}), {size}, "
            "{operations:,} operations for {usual}.",
            usual=t(usual),
            **said,
        )
    return t(
        "{ways}, {sparsity} removed: {metric} {figure} (against the whole network: {change}), {size}, {operations:,} "
        "operations.",
        **said,
    )
