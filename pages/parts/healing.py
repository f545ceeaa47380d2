"""The short fine-tune on Explore: two choices, progress, a way to stop, what came of it, and the download."""

import streamlit as st

from core.jobs import Job
from core.measure import Quality, Step
from core.pruning import PruningPlan
from core.tuning import Recipe
from core.work import Healing, healed
from pages.parts import border
from pages.parts.border import percent, points
from pages.parts.download import download_button

LENGTHS = {"Quick (1 round)": 1, "Longer (3 rounds)": 3, "Thorough (10 rounds)": 10}
STRENGTHS = {"Gentle": 3e-4, "Normal": 1e-3, "Strong": 5e-3}


def healing(name: str, plan: PruningPlan, step: Step) -> None:
    """Offer the fine-tune and the download; follow a running one without redrawing the page."""
    job: Job | None = st.session_state.get("tuning")
    busy = job is not None and job.active
    st.fragment(_panel, run_every=0.4 if busy else None)(name, plan, step, busy)


def tuned_mark(name: str, base: PruningPlan) -> tuple[float, Quality] | None:
    """Return where the last fine-tune of this model ended, if it belongs on the curve of `base`."""
    job: Job | None = st.session_state.get("tuning")
    if job is None or job.active or not job.results or job.arguments[0] != name:
        return None
    plan = job.arguments[1]
    if plan.without_amount != base:
        return None
    *_, pruned = border.slider_steps(name, plan)
    return pruned.sparsity, _tuned_quality(job)


def _panel(name: str, plan: PruningPlan, step: Step, busy: bool) -> None:
    job: Job | None = st.session_state.get("tuning")
    if busy and not job.active:
        st.rerun()  # it has just ended: the rest of the page wants to know
    choices, start, download = st.columns([4, 1, 1], vertical_alignment="bottom", gap="small")
    if busy:
        with choices:
            _progress(job)
        start.button("Stop", on_click=border.jobs().stop, args=(job,), width="stretch")
    else:
        with choices:
            recipe = _recipe()
        if start.button(
            "Fine-tune",
            type="primary",
            key="fine-tune",
            width="stretch",
            help="Let the weights that are left adjust to the loss of the others; removed ones stay zero.",
        ):
            with border.sentences():
                st.session_state.tuning = border.jobs().submit(
                    border.visitor(), "tune", name, plan, recipe, keep=lambda payload: payload.weights is not None
                )
                st.rerun()
    tuned = job if job is not None and not busy and job.results and job.arguments[:2] == (name, plan) else None
    with download:
        download_button(name, plan, step, tuned)
    if job is not None and not busy:
        _outcome(job)


def _recipe() -> Recipe:
    """Ask how long and how strongly to fine-tune."""
    how_long, how_strongly = st.columns(2, gap="small")
    rounds = how_long.selectbox(
        "How long",
        list(LENGTHS),
        help="A round (epoch) shows the network each of the 20,000 training pictures once.",
        key="rounds",
        persist_state="session",
    )
    strength = how_strongly.selectbox(
        "How strongly",
        list(STRENGTHS),
        index=1,
        help="How far a step may move the weights (learning rate). Strong heals faster, or breaks more.",
        key="strength",
        persist_state="session",
    )
    return Recipe(epochs=LENGTHS[rounds], learning_rate=STRENGTHS[strength])


def _progress(job: Job) -> None:
    """Say how far a fine-tune is."""
    now: Healing | None = job.progress
    if job.state == "waiting":
        st.progress(0.0, f"Waiting for a free worker: number {border.jobs().place(job)} in line.")
    elif now is None:
        st.progress(0.0, "Fine-tuning: getting the model and its training pictures ready ...")
    else:
        looked = f"accuracy about {percent(now.quality.value, 0)}" if now.quality else "accuracy not known yet"
        text = f"Fine-tuning: loss {now.loss:.3f}, {looked}, about {now.left:.0f} s left"
        st.progress(now.step / now.of, text)


def _outcome(job: Job) -> None:
    """Say what came of a fine-tune: dense, pruned and fine-tuned side by side."""
    if job.error:
        st.error(" ".join(job.error), icon=":material/error:")
    if not job.results:
        if job.state == "stopped":
            st.info("Stopped before the first look at the result; the pruned network is as it was.")
        return
    name, plan, _ = job.arguments
    *_, pruned = border.slider_steps(name, plan)
    dense = border.dense_quality(name)
    reached = job.results[-1]
    early = f", stopped after {reached.step} of {reached.of} steps" if job.state != "done" else ""
    tuned = _tuned_quality(job)
    title = border.tasks()[name].title
    st.markdown(
        f"At {percent(pruned.sparsity)} sparsity: **dense {percent(dense.value)}** → "
        f":orange[**pruned {percent(pruned.quality.value)}**] → :green[**fine-tuned {percent(tuned.value)}**] "
        f"({title}{early})"
    )
    stages = {"Dense": dense, "Pruned": pruned.quality, "Fine-tuned": tuned}
    for place, (stage, quality) in zip(st.columns(3, gap="small"), stages.items(), strict=True):
        place.metric(
            stage,
            percent(quality.value),
            points(quality.value - dense.value) if quality is not dense else None,
            delta_description=border.interval(quality),
            border=True,
        )
    st.caption(
        f"{dense.metric} on {dense.n:,} validation examples, the change against the dense (whole) network, and the "
        "range that holds the true figure with 95 % confidence."
    )


def _tuned_quality(job: Job) -> Quality:
    """Judge the network that a fine-tune reached the same way as every other one on the page."""
    name, plan, recipe = job.arguments
    reached = job.results[-1]

    def judge() -> Quality:
        task = border.task(name)
        return task.evaluate(healed(border.pruned(name, plan), reached.weights).model)

    return border.memo().get((name, plan, recipe, reached.step), judge)
