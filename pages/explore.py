"""Explore: pick a model, slide the threshold, watch, fine-tune, download."""

import pandas as pd
import streamlit as st

from core.charts import sparsity_curve
from core.charts.style import KEPT
from core.measure import PlanResult
from core.pruning import PruningPlan
from pages.parts.explore.headline import figures
from pages.parts.explore.layer_pictures import weight_histograms, what_is_left
from pages.parts.explore.try_it import beyond, try_it
from pages.shared import app_frame, cache, curves, history, large_models
from pages.shared.download import other_forms
from pages.shared.fine_tune_panel import healing, tuned_mark
from pages.shared.format import figure
from pages.shared.model_and_slider import choose


def pictures(name: str, plan: PruningPlan, value: float, step: PlanResult, there: tuple[bool, bool] | None) -> None:
    """Draw the weights of each layer and the curve that the slider walks along, which fills in by itself.

    there: for a large network, what of it the page shows already.
    """
    if there and large_models.known(name, plan, step.settled) != there:
        st.rerun()
    step = cache.memo().peek((name, plan)) or step
    job = curves.sweep_job(name, plan)
    swept: list[PlanResult] = list(job.results)
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
        sparsity_curve(
            swept,
            cache.dense_known(name),
            here=None if view == views[0] else (step.sparsity, step.quality),
            tuned=tuned_mark(name, plan.without_amount),
            theme=st.context.theme.type or "light",
        ),
        key="curve",
        theme=None,
        config={"displayModeBar": False},
        alt=f"{step.quality.metric} over sparsity, with the present choice marked",
    )
    right.caption(curve_caption(name))
    if job.error:
        right.caption(f"The curve is not complete: {' '.join(job.error)}")


def curve_caption(name: str) -> str:
    """Say what the points of the curve stand for, and what a very simple way would reach."""
    baseline, total = cache.baseline(name), cache.task(name).count("validation")
    if baseline is None:
        return f"Each point is judged on {total:,} examples. Dotted: dense."
    noun = baseline[1].about.noun
    return (
        f"Each point is judged on {total:,} {noun}. Dotted: dense. In comparison, {baseline[0]}: {figure(baseline[1])}."
    )


def layers(name: str, step: PlanResult) -> None:
    """List what happened to each layer, with a warning where something is not as people might think."""
    if step.silent:
        st.warning(
            f"Nothing is left of {', '.join(step.collapsed)}: no signal passes through the network any more, which now "
            "answers the same to everything. Remove less."
        )
    elif step.collapsed:
        st.info(f"Nothing is left of {', '.join(step.collapsed)}; the signal takes another way around.")
    if step.unscored:
        st.info(
            f"Left whole, since it cannot be seen what they are multiplied with: {', '.join(step.unscored)}. Choose "
            "another way to judge importance to prune them too."
        )
    if refused := cache.refused(name, step.plan):
        st.warning(refused)
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


app_frame.within_app()
st.subheader("How much of this network can you throw away?", anchor=False)
choices, results, details = st.container(), st.container(), st.container()
with cache.sentences(results):
    name, plan, value = choose(choices, details)
    with results:
        top, middle, bottom = st.container(), st.container(), st.container()
        with top:
            drawn = figures(name, plan)
            step = next(drawn)
        with middle:
            filling = curves.sweep_job(name, plan).active or not step.settled
            there = large_models.known(name, plan, step.settled) if large_models.large(name) else None
            waiting = filling or (there is not None and not all(there))
            st.fragment(pictures, run_every=1.0 if waiting else None)(name, plan, value, step, there)
        *_, step = (step, *drawn)  # the figures that take longer are filled in meanwhile
        history.note_step(name, step)
        with bottom:
            healing(name, plan, step)
    with details:
        try_it(name, plan)
        beyond(name, plan)
        other_forms(name, plan, step)
        layers(name, step)
