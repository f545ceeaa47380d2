"""Explore: pick a model, slide the threshold, watch, fine-tune, download."""

import pandas as pd
import streamlit as st

from core.charts import curve
from core.charts.look import KEPT
from core.measure import Step
from core.pruning import PruningPlan
from pages.parts import border
from pages.parts.figures import figures
from pages.parts.healing import healing, tuned_mark
from pages.parts.picture import weight_histograms

DEFAULT = 80.0
"""Percent removed when the page opens: where the drop of the first model is just visible."""


def choices() -> tuple[str, float]:
    """Let people pick a model and a threshold; both live in the link."""
    known = border.tasks()
    first, asked, cut = "model" not in st.session_state, st.query_params.get("model"), st.query_params.get("threshold")
    if first and asked in known:
        st.session_state.model = asked
    left, right = st.columns([2, 3], vertical_alignment="bottom", gap="medium")
    name = left.selectbox(
        "Pretrained model",
        list(known),
        format_func=lambda each: known[each].title,
        help="A network that has already learned its task; you will take parts of it away.",
        key="model",
        persist_state="session",
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
        persist_state="session",
    )
    if first and asked not in {None, *known}:
        st.warning(f"The link names a model that is not here: {asked[:60]!r}. This is {known[name].title} instead.")
    if cut is not None and not _is_threshold(cut):
        what = f"The link names a threshold that is no number from 0 to {border.HIGHEST}: {cut[:60]!r}."
        st.warning(f"{what} This is {value:.1f} % instead.")
    st.query_params["model"] = name
    return name, value


def _is_threshold(text: str) -> bool:
    try:
        return 0 <= float(text) <= border.HIGHEST
    except ValueError:
        return False


def pictures(name: str, value: float, step: Step) -> None:
    """Draw the weights of each layer and the curve that the slider walks along, which fills in by itself."""
    job = border.sweep_job(name)
    swept: list[Step] = list(job.results)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        weight_histograms(name, value, swept, step)
    # The chart does not change with the slider, or it would blink: the picture beside it moves the mark.
    right.plotly_chart(
        curve(swept, border.dense_quality(name), tuned=tuned_mark(name), theme=st.context.theme.type or "light"),
        key="curve",
        theme=None,
        config={"displayModeBar": False},
        alt=f"{step.quality.metric} over sparsity, with the present choice marked",
    )
    left.caption("Blue stays, grey and hatched goes. The higher, the more weights have that value (square-root scale).")
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


st.subheader("How much of this network can you throw away?")
with border.sentences():
    name, value = choices()
    plan = PruningPlan(sparsity=value / 100)
    step = figures(name, plan)
    filling = border.sweep_job(name).active
    st.fragment(pictures, run_every=1.0 if filling else None)(name, value, step)
    healing(name, plan, step)
    layers(step)
