"""The picture of what is compared in each layer, which follows the slider while it moves; and what is left of one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.charts import mask_image
from core.charts.style import KEPT, PRUNED, REMOVED
from core.measure import Histogram, PlanResult, histograms
from core.pruning import PruningPlan
from pages.shared import cache
from pages.shared.sparsities import SLIDER_STEP, slider_stops

FOLDER = Path(__file__).parents[3] / "assets" / "components"


@st.cache_data(max_entries=24, show_spinner=False)
def layer_histograms(name: str, base: PruningPlan) -> list[Histogram]:
    """Count each layer's weights or scores, with its cut and what it keeps at each stop of the slider."""
    return histograms(cache.task(name), cache.ranking(name, base), base, slider_stops())


def draw_histograms(name: str, plan: PruningPlan, percent: float, points: list[PlanResult], result: PlanResult) -> None:
    """Draw the histogram of each layer, what goes grey and hatched, and mark the place on the curve.

    percent: where the slider stands; points: of the curve, for a first guess while it moves; result: what the slider
    asked for last.
    """
    draw = st.components.v2.component(
        "weight_histograms",
        html='<div><p></p><canvas role="img"></canvas></div>',
        css=(FOLDER / "histograms.css").read_text(encoding="utf-8"),
        js=(FOLDER / "histograms.js").read_text(encoding="utf-8"),
    )
    base = plan.without_amount
    draw(
        key="weight-histograms",
        data={
            "id": f"{name} {base} {len(points)}",
            "slider": "Pruning threshold",
            "value": percent,
            "step": SLIDER_STEP,
            "height": 200,
            **_describe(plan, result),
            "layers": _layers(layer_histograms(name, base)),
            "curve": sorted((100 * point.sparsity, point.quality.value) for point in points),
            "colours": {"kept": KEPT, "removed": REMOVED, "pruned": PRUNED},
        },
    )


def _describe(plan: PruningPlan, result: PlanResult) -> dict[str, Any]:
    """Say what is shown and how good the network is, as the component reads it."""
    return {
        "metric": result.quality.metric,
        "share": result.quality.about.share,
        "digits": result.quality.about.digits,
        "here": result.quality.value,
        "sparsity": 100 * result.sparsity,
        "what": "units" if plan.structured else "weights",
        "shown": plan.compared,
        "pattern": list(plan.pattern or ()),
    }


def _layers(found: Sequence[Histogram]) -> list[dict[str, Any]]:
    """Lay out histograms as the component reads them."""
    titles = without_common_beginning([layer.name.removesuffix(".weight") for layer in found])
    return [
        {
            "title": title,
            "low": layer.low,
            "high": layer.high,
            "counts": layer.counts,
            "cuts": layer.cuts,
            "kept": layer.kept,
            "log": layer.log,
            "keptCounts": layer.kept_counts,
        }
        for layer, title in zip(found, titles, strict=True)
    ]


def without_common_beginning(names: list[str]) -> list[str]:
    """Drop the dotted parts that all names begin with; the last part stays in any case."""
    parts = [name.split(".") for name in names]
    shared = 0
    while all(len(each) > shared + 1 and each[shared] == parts[0][shared] for each in parts):
        shared += 1
    return [".".join(each[shared:]) for each in parts]


def draw_mask(name: str, plan: PruningPlan, layer: str) -> None:
    """Show one layer's weights as a picture, in which what was removed is missing."""
    pruned = cache.pruned(name, plan)
    weights, mask = cache.task(name).model.get_parameter(layer).detach().numpy(), pruned.masks[layer].numpy()
    units, kept = len(mask), int(mask.any(axis=tuple(range(1, mask.ndim))).sum())
    filters = weights.ndim == 4 and weights.shape[1] == 1
    st.markdown(
        f"{kept} of {units} {'filters' if filters else 'units (rows)'} left. Blue: above zero, purple: below",
        help="The stronger the colour, the larger the weight. A unit that is removed as a whole is grey.",
    )
    with st.container(key="filters" if filters else "matrix"):
        st.image(mask_image(weights, mask), width="stretch", alt=f"Weights of {layer}: {mask.mean():.1%} are kept")
