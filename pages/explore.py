"""Explore: pick a model, slide the threshold, watch, fine-tune, download."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from core.charts import curve
from core.charts.look import KEPT
from core.measure import Step
from core.pruning import PruningPlan
from pages.parts import border
from pages.parts.figures import figures
from pages.parts.healing import healing, tuned_mark
from pages.parts.picture import weight_histograms, what_is_left
from pages.parts.ways import ways

DEFAULT = 80.0
"""Percent removed when the page opens: where the drop of the first model is just visible."""


def pick_model() -> str:
    """Let people pick a model; it lives in the link."""
    known = border.tasks()
    asked = st.query_params.get("model")
    first = "model" not in st.session_state
    if first and asked in known:
        st.session_state.model = asked
    name = st.selectbox(
        "Pretrained model",
        list(known),
        format_func=lambda each: known[each].title,
        help="A network that has already learned its task; you will take parts of it away.",
        key="model",
        persist_state="session",
    )
    if first and asked not in {None, *known}:
        st.warning(f"The link names a model that is not here: {asked[:60]!r}. This is {known[name].title} instead.")
    st.query_params["model"] = name
    return name


def slide(patterned: bool) -> float:
    """Let people choose how much goes, in percent; it lives in the link."""
    cut = st.query_params.get("threshold")
    value = st.slider(
        "Pruning threshold",
        0.0,
        border.HIGHEST,
        DEFAULT,
        border.STEP,
        format="%.1f %%",
        help="How many of the weights go: the least important ones first, wherever in the network they are."
        if not patterned
        else "The pattern decides how much goes; choose single weights or units below to slide again.",
        key="threshold",
        bind="query-params",
        persist_state="session",
        disabled=patterned,
    )
    if cut is not None and not _is_threshold(cut):
        what = f"The link names a threshold that is no number from 0 to {border.HIGHEST}: {cut[:60]!r}."
        st.warning(f"{what} This is {value:.1f} % instead.")
    return value


def _is_threshold(text: str) -> bool:
    try:
        return 0 <= float(text) <= border.HIGHEST
    except ValueError:
        return False


def pictures(name: str, plan: PruningPlan, value: float, step: Step) -> None:
    """Draw the weights of each layer and the curve that the slider walks along, which fills in by itself."""
    job = border.sweep_job(name, plan)
    swept: list[Step] = list(job.results)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        views = ["Each layer", "What is left"]
        picture, switch = st.container(), st.container(horizontal=True)
        hidden = {"label_visibility": "collapsed", "persist_state": "session"}
        view = switch.segmented_control("Picture", views, default=views[0], key="view", required=True, **hidden)
        with picture:
            if view == views[0]:
                weight_histograms(name, plan, value, swept, step)
            else:
                layers = [layer.name for layer in step.layers]
                what_is_left(name, plan, switch.selectbox("Layer", layers, key="shown-layer", **hidden))
    # The chart does not change with the slider, or it would blink: the picture beside it moves the mark.
    right.plotly_chart(
        curve(
            swept,
            border.dense_quality(name),
            here=None if view == views[0] else (step.sparsity, step.quality),
            tuned=tuned_mark(name, plan.without_amount),
            theme=st.context.theme.type or "light",
        ),
        key="curve",
        theme=None,
        config={"displayModeBar": False},
        alt=f"{step.quality.metric} over sparsity, with the present choice marked",
    )
    right.caption(f"Each point is judged on {border.dense_quality(name).n:,} examples. Dotted: dense.")
    if job.error:
        right.caption(f"The curve is not complete: {' '.join(job.error)}")


def layers(step: Step) -> None:
    """List what happened to each layer."""
    for empty in step.collapsed:
        st.warning(f"Nothing is left of {empty}: no signal passes through the network any more. Remove less.")
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
        count = st.column_config.NumberColumn(format="localized")
        kept = st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100, color=KEPT)
        columns = {"Weights": count, "Removed": count, "Kept": kept}
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=columns)


st.subheader("How much of this network can you throw away?", anchor=False)
choices, results, details = st.container(), st.container(), st.container()
with border.sentences(results):
    left, right = choices.columns([2, 3], vertical_alignment="bottom", gap="medium")
    with left:
        name = pick_model()
    with right:
        value = slide(st.session_state.get("remove", st.query_params.get("remove")) == "N:M")
    with details:
        base = ways(name)
    plan = base if base.pattern else replace(base, sparsity=value / 100)
    with results:
        step = figures(name, plan)
        filling = border.sweep_job(name, plan).active
        st.fragment(pictures, run_every=1.0 if filling else None)(name, plan, value, step)
        healing(name, plan, step)
    with details:
        layers(step)
