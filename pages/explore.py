"""Explore: pick a model, slide the threshold, watch, fine-tune, download."""

import time

import pandas as pd
import streamlit as st

from core.charts import curve
from core.measure import Point, Step, steps
from core.pruning import PruningPlan
from pages.parts import border
from pages.parts.border import percent, points
from pages.parts.healing import healing, tuned_mark
from pages.parts.picture import weight_histograms

DEFAULT = 85.0
"""Percent removed when the page opens: where the drop of the first model is just visible."""


GLANCE = 0.15
"""Seconds after which an early figure is shown, if the settled one is not there yet."""


def choices() -> tuple[str, float] | None:
    """Let people pick a model and a threshold; both live in the link."""
    known = list(border.tasks())
    asked, cut = st.query_params.get("model"), st.query_params.get("threshold")
    left, right = st.columns([2, 3], vertical_alignment="bottom", gap="medium")
    name = left.selectbox(
        "Pretrained model",
        known,
        format_func=lambda each: border.tasks()[each].title,
        help="A network that has already learned its task; you will take parts of it away.",
        key="model",
        bind="query-params",
    )
    value = right.slider(
        "Pruning threshold",
        0.0,
        border.HIGHEST,
        DEFAULT,
        border.STEP,
        format="%.1f %%",
        help="How many of the weights go: the smallest ones first, wherever in the network they are.",
        key="threshold",
        bind="query-params",
    )
    titles = [info.title for info in border.tasks().values()]
    if asked is not None and asked not in known + titles:
        st.warning(f"The link names a model that is not here, {asked[:60]!r}; this is {name} instead.")
    if cut is not None and not _is_threshold(cut):
        st.warning(f"The link names a threshold that is no number from 0 to 99.5, {cut[:60]!r}; this is {value} %.")
    return name, value


def _is_threshold(text: str) -> bool:
    try:
        return 0 <= float(text) <= border.HIGHEST
    except ValueError:
        return False


def figures(name: str, plan: PruningPlan) -> Step:
    """Show what the plan does as numbers: first an early figure, then the settled one."""
    place = st.empty()
    key = (name, plan)
    found = border.memo().peek(key)
    if found is None:
        shown = time.monotonic()
        for found in steps(border.task(name), plan, border.ranking(name)):
            if not found.settled and time.monotonic() - shown > GLANCE:
                show(place, name, found)
                shown = time.monotonic()
        border.memo().put(key, found)
    show(place, name, found)
    return found


def show(place: st.delta_generator.DeltaGenerator, name: str, step: Step) -> None:
    """Draw the four headline figures."""
    quality, dense = step.quality, border.dense_quality(name)
    weights, kept = (sum(getattr(layer, part) for layer in step.layers) for part in ("weights", "kept"))
    with place.container(key="settled" if step.settled else f"about-{step.quality.n}"):
        accuracy, sparsity, left, file = st.columns(4)
        accuracy.metric(
            quality.metric,
            percent(quality.value) if step.settled else f"about {percent(quality.value, 0)}",
            points(quality.value - dense.value),
            delta_description=f"{percent(quality.low)} to {percent(quality.high)}",
            help=f"Share of {quality.n:,} validation pictures named rightly, the change against the whole network, and "
            f"the range in which the true share lies with 95 % certainty. Whole network: {percent(dense.value)}.",
            border=True,
        )
        sparsity.metric(
            "Sparsity",
            percent(step.sparsity),
            f"below {step.threshold:.4f}",
            delta_color="off",
            delta_arrow="off",
            help="How much was removed: the share of the weights that are now zero. They were closer to zero than "
            "the threshold below.",
            border=True,
        )
        left.metric(
            "Weights left",
            f"{kept:,}",
            f"of {weights:,}",
            delta_color="off",
            delta_arrow="off",
            help="Numbers that still do something; biases and normalisation are never removed and not counted here.",
            border=True,
        )
        size = border.pruned_cost(name, step.plan) if step.settled else None
        file.metric(
            "Zipped file",
            border.size(size.zipped) if size else "...",
            f"of {border.size(size.file)}" if size else "...",
            delta_color="off",
            delta_arrow="off",
            help="The weights as a file, really compressed just now. Unzipped it is as large as before: a zero "
            "takes as much room as any other number.",
            border=True,
        )


def pictures(name: str, value: float, step: Step) -> None:
    """Draw the weights of each layer and the curve that the slider walks along."""
    job = border.sweep_job(name)

    @st.fragment(run_every=1.0 if job.active else None)
    def drawn() -> None:
        swept: list[Point] = list(job.results)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            weight_histograms(name, value, swept, step.quality.metric)
        figure = curve(
            swept,
            border.dense_quality(name),
            (step.sparsity, step.quality),
            tuned_mark(name),
            st.context.theme.type or "light",
        )
        right.plotly_chart(
            figure,
            key="curve",
            theme=None,
            height=290,
            config={"displayModeBar": False},
            alt=f"{step.quality.metric} over sparsity",
        )
        if not job.active and job.state == "done" and not st.session_state.get(f"swept {name}"):
            st.session_state[f"swept {name}"] = True
            st.rerun()

    drawn()


def layers(step: Step) -> None:
    """List what happened to each layer."""
    for empty in step.collapsed:
        st.warning(f"Nothing is left of {empty}: no signal passes through the network. Remove less.")
    with st.expander("Layers: what was removed where"):
        rows = [
            {
                "Layer": layer.name,
                "Shape": " x ".join(map(str, layer.shape)),
                "Weights": layer.weights,
                "Removed": layer.weights - layer.kept,
                "Kept": 100 * layer.kept / layer.weights,
            }
            for layer in step.layers
        ]
        kept = st.column_config.ProgressColumn("Kept (%)", format="%.1f %%", min_value=0, max_value=100)
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={"Kept": kept})


st.subheader("How much of this network can you throw away?")
with border.sentences():
    name, value = choices()
    plan = PruningPlan(sparsity=value / 100)
    step = figures(name, plan)
    pictures(name, value, step)
    healing(name, plan, step)
    layers(step)
