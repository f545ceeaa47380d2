"""What happened to each layer, with a warning where something is not as people might think."""

import pyarrow as pa
import streamlit as st

from core.charts.style import KEPT
from core.measure import PlanResult
from core.pruning import unrepaired
from core.pruning.teacher import MOST_BYTES
from core.stages import Subject
from pages.shared import cache
from pages.shared.words import t


def show_layers(subject: Subject, result: PlanResult) -> None:
    """List what happened to each layer, below warnings."""
    _warn(subject, result)
    with st.expander(t("Layers: what was removed where")):
        count = st.column_config.NumberColumn(format="localized")
        kept = st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100, color=KEPT)
        columns = {t("Weights"): count, t("Removed"): count, t("Kept"): kept}
        st.dataframe(_layer_table(result), hide_index=True, column_config=columns)


def _warn(subject: Subject, result: PlanResult) -> None:
    """Say where nothing is left, what stayed whole, and why the network cannot be made smaller."""
    if result.silent:
        st.warning(
            t(
                "Nothing is left of {layers}: no signal passes through the network any more, which now answers the "
                "same to everything. Remove less.",
                layers=t(", ").join(result.collapsed),
            )
        )
    elif result.collapsed:
        st.info(
            t(
                "Nothing is left of {layers}; the signal takes another way around.",
                layers=t(", ").join(result.collapsed),
            )
        )
    if result.unscored:
        st.info(
            t(
                "Left whole, since it cannot be seen what they are multiplied with: {layers}. Choose another way to "
                "judge importance to prune them too.",
                layers=t(", ").join(result.unscored),
            )
        )
    if subject.stage == "repaired" and (layers := unrepaired(cache.task(subject.network).model)):
        st.info(
            t(
                "Not repaired: {layers}. Several layers use one weight, or what would have to be solved takes more "
                "than {megabytes:,.0f} MB of memory. What was removed there is missed as in the pruned network.",
                layers=t(", ").join(layers),
                megabytes=MOST_BYTES / 1e6,
            )
        )
    if refusal := cache.shrink_refusal(subject):
        st.warning(t(refusal))


def _layer_table(result: PlanResult) -> pa.Table:
    """List the layers, ready to be sent: by way of pandas it would take as long as the figures above."""
    layers = result.layers
    return pa.table(
        {
            t("Layer"): [each.name for each in layers],
            t("Shape"): [" x ".join(map(str, each.shape)) for each in layers],
            t("Weights"): [each.weights for each in layers],
            t("Removed"): [each.weights - each.kept for each in layers],
            t("Kept"): [100 * each.kept / each.weights for each in layers],
        }
    )
