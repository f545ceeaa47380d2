"""Engines side by side on this machine: the dense network and the one in hand, when somebody asks."""

import pandas as pd
import streamlit as st

from core.charts.engines import EngineTime, engine_chart, engines_in_words
from core.engines import ENGINES, EngineFigures, engine_advice, network_name
from core.jobs.job import Job
from core.stages import Subject
from pages.shared.charts import draw_chart
from pages.shared.format import format_bytes, format_change, format_latency, format_quality
from pages.shared.job_button import job_button, show_until_results
from pages.shared.terms import with_terms
from pages.shared.words import t, t_of


def offer_engines(subject: Subject) -> None:
    """Offer to run the dense network and a stage in each engine, and draw what was found."""
    told, start = st.columns([3, 1], vertical_alignment="center", gap="medium")
    told.caption(
        with_terms(
            t(
                "An [[engine]] runs a network once it is shipped. Here: {engines}. It takes a minute or less.",
                engines=t("; ").join(t(each.label) for each in ENGINES.values() if not each.slow),
            )
        )
    )
    compiled = start.checkbox(
        t("Compiled PyTorch too"), key="engines-slow", help=t("Its compiler takes a minute or two more.")
    )
    chosen = tuple(name for name, each in ENGINES.items() if compiled or not each.slow)
    job = job_button(start, t("Compare engines"), "engines", subject, chosen, key="engines", width="stretch")
    if job is not None:
        st.fragment(_draw_engines, run_every=1.0 if job.active else None)(subject, job, job.active)


def _draw_engines(subject: Subject, job: Job, busy: bool) -> None:
    if not show_until_results(job, busy, t("Getting ready ...")):
        return
    found: EngineFigures = job.results[-1]
    if found.doing and job.active:
        st.caption(f"{t(found.doing)} ...")
    if found.latency:
        for sentence in engine_advice(found):
            st.markdown(f"- {t(sentence)}")
        times = [
            EngineTime(ENGINES[engine].label, network == "shipped", batch, latency)
            for batch, by_run in found.latency.items()
            for (engine, network), latency in by_run.items()
        ]
        draw_chart(engine_chart(times, st.context.theme.type or "light"), "engine-times", engines_in_words(times))
    if found.files:
        st.dataframe(pd.DataFrame(_rows(found)), hide_index=True)
        quality = next(iter(found.quality.values()))
        st.caption(
            t(
                "Times: median, with quartiles, all in turn, on {threads}. Quality: of {count:,} validation {noun}; "
                "changes against the dense network in PyTorch on the same ones, with their 95 % range.",
                threads=t_of("{count} processor thread", "{count} processor threads", found.threads),
                count=quality.n,
                noun=t(quality.about.noun),
            )
        )
    for name, why in found.left_out.items():
        st.caption(t("Left out, {kind}: {why}", kind=t(ENGINES[name].label), why=t(why)))


def _rows(found: EngineFigures) -> list[dict[str, str]]:
    """List each network in each engine with its file, its quality and its times."""
    metric = next(iter(found.quality.values())).metric
    return [
        {
            t("Engine"): t(ENGINES[run[0]].label),
            t("Network"): t(network_name(found, run)),
            t("Bytes"): format_bytes(size),
            t(metric): format_quality(found.quality[run]),
            t("Change"): "" if run == ("torch", "dense") else format_change(found.changes[run]),
            **{
                t("{batch} at a time, ms", batch=batch): format_latency(times[run])
                for batch, times in found.latency.items()
                if run in times
            },
        }
        for run, size in found.files.items()
    ]
