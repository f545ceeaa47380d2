"""The picture of what is compared in each layer, which follows the slider while it moves; and what is left of one."""

from pathlib import Path

import streamlit as st

from core.charts import mask_image
from core.charts.style import KEPT, PRUNED, REMOVED
from core.measure import PlanResult
from core.pruning import PruningPlan
from pages.shared import cache

FOLDER = Path(__file__).parents[3] / "assets" / "components"


def weight_histograms(name: str, plan: PruningPlan, value: float, swept: list[PlanResult], step: PlanResult) -> None:
    """Draw the histogram of each layer, what goes grey and hatched, and mark the place on the curve.

    value: where the slider stands, percent; swept: the points of the curve, for a first guess while it
    moves; step: what the slider asked for last.
    """
    draw = st.components.v2.component(
        "weight_histograms",
        html='<div><p></p><canvas role="img"></canvas></div>',
        css=(FOLDER / "histograms.css").read_text(encoding="utf-8"),
        js=(FOLDER / "histograms.js").read_text(encoding="utf-8"),
    )
    base = plan.without_amount
    stops = cache.slider_stops(name, base)
    titles = without_common_beginning([layer.name.removesuffix(".weight") for layer in stops])
    curve = sorted((100 * p.sparsity, p.quality.value) for p in swept)
    plain = plan.compares_sizes
    draw(
        key="weight-histograms",
        data={
            "id": f"{name} {base} {len(curve)}",
            "slider": "Pruning threshold",
            "value": value,
            "step": cache.STEP,
            "height": 200,
            "metric": step.quality.metric,
            "share": step.quality.about.share,
            "digits": step.quality.about.digits,
            "here": step.quality.value,
            "sparsity": 100 * step.sparsity,
            "what": "units" if plan.structured else "weights",
            "shown": "weights" if plain else "scores",
            "pattern": list(plan.pattern or ()),
            "layers": [
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
                for layer, title in zip(stops, titles, strict=True)
            ],
            "curve": curve,
            "colours": {"kept": KEPT, "removed": REMOVED, "pruned": PRUNED},
        },
    )


def without_common_beginning(names: list[str]) -> list[str]:
    """Drop the dotted parts that all names begin with; the last part stays in any case."""
    parts = [name.split(".") for name in names]
    shared = 0
    while all(len(each) > shared + 1 and each[shared] == parts[0][shared] for each in parts):
        shared += 1
    return [".".join(each[shared:]) for each in parts]


def what_is_left(name: str, plan: PruningPlan, layer: str) -> None:
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
