"""The four headline figures of a slider step."""

import time
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.measure import Cost, PlanResult, Quality
from core.pruning import PruningPlan
from pages.shared import cache, curves, large_models
from pages.shared.format import arrow, change, figure, good, interval, meaning, percent, size

PATIENCE = 0.15
"""Seconds after which an early figure is shown, if the settled one is not there yet."""

ABOUT = '<span class="about"></span>'
"""Beside figures that are not settled, so that the style sheet can pale them."""


def figures(name: str, plan: PruningPlan) -> Iterator[PlanResult]:
    """Show what the plan does as numbers: an early figure, which looks it, if the settled one takes its time.

    Each figure is written over the one before, so that nothing blinks while people slide. What takes longer still, the
    whole network's figure and the size of files, is filled in afterwards. Yields whenever something was drawn.
    """
    begun, cells = time.monotonic(), None
    place = st.container(key="figures")

    def draw(step: PlanResult, dense: Quality | None, costs: tuple[Cost, Cost] | None) -> list[DeltaGenerator]:
        with place:
            return show(cells or [st.empty(), *st.columns([1.9, 1, 1, 1], gap="small")], name, step, dense, costs)

    for step in curves.slider_steps(name, plan):
        if not step.settled and time.monotonic() - begun > PATIENCE:
            cells = draw(step, cache.dense_known(name), None)
            begun = time.monotonic()
            yield step
    if cells:
        cells = draw(step, cache.dense_known(name), None)
        yield step
        draw(step, large_models.dense(name, plan), None)
    costs = large_models.costs(name, plan)
    draw(step, large_models.dense(name, plan), costs)
    yield step


def show(
    cells: list[DeltaGenerator],
    name: str,
    step: PlanResult,
    dense: Quality | None,
    costs: tuple[Cost, Cost] | None,
) -> list[DeltaGenerator]:
    """Draw the four headline figures into cells; return the cells in which the next ones replace them.

    dense, costs: the whole network's quality, and what the pruned and the whole one weigh; None while not known.
    """
    mark, accuracy, sparsity, left, file = cells
    quality = step.quality
    weights, kept = (sum(getattr(layer, part) for layer in step.layers) for part in ("weights", "kept"))
    now, whole = costs or (None, None)
    refused = cache.refused(name, step.plan) if now else ""
    if step.plan.structured and not refused:
        kept = now.weights if now else None
    still = {"delta_color": "off", "delta_arrow": "off", "border": True}
    return [
        mark.empty() if step.settled else mark.html(ABOUT),
        accuracy.metric(
            quality.metric,
            figure(quality, early=not step.settled),
            change(quality, dense) if dense else "...",
            delta_color=good(quality, dense),
            delta_arrow=arrow(quality, dense),
            delta_description=interval(quality),
            help=f"{meaning(quality)} Then the change against the whole network"
            f"{f' ({figure(dense)})' if dense else ''} on the same examples, with its range in brackets, and below "
            "it the range that holds the true figure, each with 95 % confidence.",
            border=True,
        ),
        sparsity.metric(
            "Sparsity",
            percent(step.sparsity),
            _cut(step),
            help="How much was removed: the share of the weights that are zero now, since their size or another score "
            "was below the threshold.",
            **still,
        ),
        left.metric(
            "Weights left",
            "..." if kept is None else f"{kept:,}",
            f"of {weights:,}",
            help="Numbers that are not removed; biases and normalisation are not counted. "
            + ("What only fed on a removed unit is gone too." if step.plan.structured and not refused else ""),
            **still,
        ),
        file.metric(
            "Zipped file",
            size(now.zipped) if now else "...",
            f"of {size(whole.file)}" if whole else "...",
            help="The weights as a file, really compressed just now. "
            + (
                "It is of the smaller network, without the removed units and without what only they fed."
                if step.plan.structured and not refused
                else "Unzipped it is as large as ever: a zero takes as much room as any other number."
            ),
            **still,
        ),
    ]


def _cut(step: PlanResult) -> str:
    """Say where the cut is, in the unit of what is compared."""
    plan = step.plan
    if plan.pattern:
        return "{} of every {} stay".format(*plan.pattern)
    if step.threshold is None:
        return "layers have own cuts"
    plain = plan.compares_sizes
    return (
        f"{'weights' if plain else 'scores'} below {step.threshold:.4{'f' if step.threshold >= 0.01 or plain else 'g'}}"
    )
