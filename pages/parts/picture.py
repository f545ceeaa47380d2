"""The picture of each layer's weights; with the mark on the curve it follows the slider while it moves."""

from pathlib import Path

import streamlit as st

from core.charts.look import KEPT, PRUNED, REMOVED
from core.measure import Step
from pages.parts.border import STEP, slider_stops

FOLDER = Path(__file__).parents[2] / "assets" / "components"


def weight_histograms(name: str, value: float, swept: list[Step], step: Step, height: int = 230) -> None:
    """Draw the histogram of each layer, what the threshold removes grey and hatched, and mark the place on the curve.

    value: where the slider stands, percent; swept: the points of the curve, for a first guess while it
    moves; step: what the slider asked for last.
    """
    draw = st.components.v2.component(
        "weight_histograms",
        html='<div><p></p><canvas role="img"></canvas></div>',
        css=(FOLDER / "histograms.css").read_text(encoding="utf-8"),
        js=(FOLDER / "histograms.js").read_text(encoding="utf-8"),
    )
    layers, thresholds, kept = slider_stops(name)
    curve = sorted((100 * p.sparsity, p.quality.value) for p in swept)
    draw(
        key="weight-histograms",
        data={
            "id": f"{name} {len(curve)}",
            "slider": "Pruning threshold",
            "value": value,
            "step": STEP,
            "height": height,
            "metric": step.quality.metric.lower(),
            "here": step.quality.value,
            "thresholds": thresholds,
            "layers": [
                {
                    "title": layer.name.removesuffix(".weight"),
                    "low": layer.low,
                    "high": layer.high,
                    "counts": layer.counts,
                    "kept": kept[layer.name],
                }
                for layer in layers
            ],
            "curve": curve,
            "colours": {"kept": KEPT, "removed": REMOVED, "pruned": PRUNED},
        },
    )
