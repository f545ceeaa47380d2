"""The short fine-tune on Explore: two choices, progress, a way to stop, what came of it, and the download."""

from collections.abc import Callable

import streamlit as st

from core.export import bundle
from core.jobs import Job
from core.measure import Quality, Step
from core.pruning import PruningPlan, prune
from core.tuning import Recipe
from core.work import Healing, healed
from pages.parts import border
from pages.parts.border import percent, points

LENGTHS = {"Quick (1 round)": 1, "Longer (3 rounds)": 3, "Thorough (10 rounds)": 10}
STRENGTHS = {"Gentle": 3e-4, "Normal": 1e-3, "Strong": 5e-3}


def healing(name: str, plan: PruningPlan, step: Step) -> None:
    """Offer the fine-tune and the download; follow a running one without redrawing the page."""
    job: Job | None = st.session_state.get("tuning")
    st.fragment(_panel, run_every=0.4 if job and job.active else None)(name, plan, step)


def tuned_mark(name: str) -> tuple[float, Quality] | None:
    """Return where the last fine-tune of this model ended, for the curve."""
    job: Job | None = st.session_state.get("tuning")
    if job is None or job.active or not job.results or job.arguments[0] != name:
        return None
    return job.arguments[1].sparsity, _tuned_quality(job)


def _panel(name: str, plan: PruningPlan, step: Step) -> None:
    job: Job | None = st.session_state.get("tuning")
    how_long, how_strongly, start, download = st.columns([2, 2, 1, 1], vertical_alignment="bottom")
    rounds = how_long.selectbox(
        "How long",
        list(LENGTHS),
        help="A round (epoch) shows the network every one of the 20,000 training pictures once.",
        key="rounds",
    )
    strength = how_strongly.selectbox(
        "How strongly",
        list(STRENGTHS),
        index=1,
        help="How far each step may move the weights (learning rate). Strong heals faster, or breaks more.",
        key="strength",
    )
    busy = job is not None and job.active
    if busy:
        start.button("Stop", on_click=border.jobs().stop, args=(job,), width="stretch")
    else:
        recipe = Recipe(epochs=LENGTHS[rounds], learning_rate=STRENGTHS[strength])
        if start.button(
            "Fine-tune",
            type="primary",
            width="stretch",
            help="Let the weights that are left adjust to the loss of the others; removed ones stay zero.",
        ):
            with border.sentences():
                st.session_state.tuning = border.jobs().submit(
                    _visitor(), "tune", name, plan, recipe, keep=lambda payload: payload.weights is not None
                )
                st.rerun()
    fits = job is not None and not busy and job.results and job.arguments[:2] == (name, plan)
    download.download_button(
        "Download",
        _packed(name, plan, job if fits else None),
        file_name=f"{name}-{step.sparsity:.1%}-pruned.zip".replace("%", ""),
        mime="application/zip",
        on_click="ignore",
        width="stretch",
        help=f"A zip with the {'fine-tuned' if fits else 'pruned'} weights, the masks, every figure, and how to load it.",
    )
    if job is not None:
        _state(job, busy)


def _state(job: Job, busy: bool) -> None:
    """Say how far a fine-tune is, or what came of it."""
    if job.state == "waiting":
        st.info(f"Waiting for a free worker: number {border.jobs().place(job)} in line.", icon=":material/hourglass:")
    elif busy:
        _progress(job.progress)
    else:
        if st.session_state.get("shown") is not job:
            st.session_state.shown = job
            st.rerun()
        if job.error:
            st.error(" ".join(job.error), icon=":material/error:")
        if job.results:
            _side_by_side(job)
        elif job.state == "stopped":
            st.info("Stopped before the first look at the result; the pruned network is as it was.")


def _progress(progress: Healing | None) -> None:
    if progress is None:
        st.progress(0.0, "Fine-tuning: loading the model and its training pictures ...")
        return
    looked = f"accuracy about {percent(progress.quality.value, 0)}" if progress.quality else "accuracy not known yet"
    text = f"Fine-tuning: loss {progress.loss:.3f}, {looked}, about {progress.left:.0f} s left"
    st.progress(progress.step / progress.of, text)


def _side_by_side(job: Job) -> None:
    """Show the dense, the pruned and the fine-tuned network beside each other."""
    name, plan, recipe = job.arguments
    dense, pruned, tuned = border.dense_quality(name), border.memo().peek((name, plan)).quality, _tuned_quality(job)
    stopped = " (stopped early)" if job.state == "stopped" else ""
    st.markdown(f"**At {percent(plan.sparsity)} sparsity, {job.results[-1].step} steps of fine-tuning{stopped}**")
    places = st.columns(3)
    for place, title, quality in zip(places, ("Dense", "Pruned", "Fine-tuned"), (dense, pruned, tuned), strict=True):
        place.metric(
            title,
            percent(quality.value),
            None if quality is dense else points(quality.value - dense.value),
            delta_description=f"{percent(quality.low)} to {percent(quality.high)}",
            help=f"{quality.metric} on {quality.n:,} validation pictures, with its 95 % interval.",
            border=True,
        )


def _tuned_quality(job: Job) -> Quality:
    """Judge the network that a fine-tune reached the same way as every other one on the page."""
    name, plan, recipe = job.arguments

    def compute() -> Quality:
        task = border.task(name)
        tuned = healed(prune(task, plan, border.ranking(name)), job.results[-1].weights)
        return task.evaluate(tuned.model)

    return border.memo().get((name, plan, recipe, job.results[-1].step), compute)


def _packed(name: str, plan: PruningPlan, job: Job | None) -> Callable[[], bytes]:
    """Return a function that builds the zip once somebody asks for it."""

    def pack() -> bytes:
        task = border.task(name)
        pruned = prune(task, plan, border.ranking(name))
        if job is None:
            return bundle(task, pruned)
        return bundle(task, pruned, tuned=healed(pruned, job.results[-1].weights).model, recipe=job.arguments[2])

    return pack


def _visitor() -> str:
    """Return a name for this visit that no other visit has."""
    return st.session_state.setdefault("visitor", str(id(st.session_state)))
