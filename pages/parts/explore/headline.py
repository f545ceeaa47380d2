"""The four headline figures of a slider step."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.health import FIRST, SETTLED
from core.measure import PlanResult, Quality, change
from core.stages import Subject
from pages.shared import cache
from pages.shared.format import draw_quality, explain_quality, format_bytes, format_cut, format_percent, format_quality
from pages.shared.health import health
from pages.shared.large_models import Costs, find_costs, find_dense_quality
from pages.shared.words import t

EARLY_MARK = '<span class="about"></span>'
"""Beside figures that are not settled, so that the style sheet can pale them."""


@dataclass(frozen=True)
class Headline:
    """Hold what the four figures say.

    stage: whose they are.
    dense, costs: the whole network's quality, and what this one and the whole one weigh; None while not known.
    refusal: why the removed units cannot be left out, "" where they can.
    """

    result: PlanResult
    stage: str
    dense: Quality | None = None
    costs: Costs | None = None
    refusal: str = ""

    @property
    def smaller(self) -> bool:
        """Whether the network is shown without its removed units."""
        return self.result.plan.structured and not self.refusal


def headlines(subject: Subject) -> Iterator[Headline]:
    """Yield the figures of a stage as they become known.

    Early ones come only if the settled one takes its time; the whole network's figure and the size of files, which take
    longer still, come last.
    """
    name, stage = subject.network, subject.stage
    waited, asked = False, time.monotonic()
    health().asked(known=cache.known_result(subject) is not None)
    for number, result in enumerate(cache.results(subject)):
        if number == 0:
            health().waited(FIRST, time.monotonic() - asked)
        if not result.settled:
            yield Headline(result, stage, cache.known_dense_quality(name))
            waited = True
    health().waited(SETTLED, time.monotonic() - asked)
    if waited:
        yield Headline(result, stage, cache.known_dense_quality(name))
        yield Headline(result, stage, find_dense_quality(subject))
    costs = find_costs(subject)
    refusal = cache.shrink_refusal(subject) if costs else ""
    yield Headline(result, stage, find_dense_quality(subject), costs, refusal)


def show_headline(subject: Subject, awaited: PlanResult | None = None) -> Iterator[PlanResult]:
    """Draw the figures of a stage, each over the one before, so that nothing blinks while people slide.

    awaited: how the repaired network is, which was judged before: its quality is shown until it is there and judged.
    Yields what is found of the stage whenever that is something new.
    """
    place = st.container(key="figures")
    cells: list[DeltaGenerator] = []
    for headline in headlines(subject):
        cells = _draw(cells or [place.empty(), *place.columns([1.9, 1, 1, 1], gap="small")], headline, awaited)
        yield headline.result


def _draw(cells: list[DeltaGenerator], headline: Headline, awaited: PlanResult | None) -> list[DeltaGenerator]:
    """Draw the four figures into cells; return the cells in which the next ones replace them."""
    mark, quality, sparsity, left, file = cells
    early = not headline.result.settled
    stands_in = awaited if early or headline.stage == "pruned" else None
    return [
        mark.html(EARLY_MARK) if early and not stands_in else mark.empty(),
        _draw_quality(quality, headline, stands_in),
        _draw_count(
            sparsity,
            t("Sparsity"),
            format_percent(headline.result.sparsity),
            t("nothing is removed") if headline.stage == "dense" else format_cut(headline.result),
            t(
                "How much was removed: the share of the weights that are zero now, since their size or another score "
                "was below the threshold."
            ),
        ),
        _draw_weights_left(left, headline),
        _draw_file(file, headline),
    ]


def _draw_quality(place: DeltaGenerator, headline: Headline, awaited: PlanResult | None) -> DeltaGenerator:
    """Draw how good the stage is; how the awaited repaired network is in its place, and called so."""
    quality, dense = (awaited or headline.result).quality, headline.dense
    metric = t(quality.metric)
    if not quality.n:
        why = t("This network came without examples.")
        return _draw_count(place, metric, t("not judged"), t("no examples"), why)
    whole = headline.stage == "dense"
    return draw_quality(
        place,
        t("{metric}, repaired", metric=metric) if awaited else metric,
        quality,
        change(dense, quality) if dense and not whole else None,
        beside=t("the whole network") if whole else "...",
        early=not (awaited or headline.result).settled,
        help=_explain(quality, dense, whole),
    )


def _explain(quality: Quality, dense: Quality | None, whole: bool) -> str:
    """Say what the box of the headline figure holds; whole: whether it is that of the dense network."""
    meaning = explain_quality(quality)
    if whole:
        return t(
            "{meaning} Below it the range that holds the true figure. All ranges with 95 % confidence.",
            meaning=meaning,
        )
    if dense is None:
        return t(
            "{meaning} Then the change against the whole network on the same examples, with its range in brackets. "
            "Below it the range that holds the true figure. All ranges with 95 % confidence.",
            meaning=meaning,
        )
    return t(
        "{meaning} Then the change against the whole network ({dense}) on the same examples, with its range in "
        "brackets. Below it the range that holds the true figure. All ranges with 95 % confidence.",
        meaning=meaning,
        dense=format_quality(dense),
    )


def _draw_weights_left(place: DeltaGenerator, headline: Headline) -> DeltaGenerator:
    layers, costs = headline.result.layers, headline.costs
    left: int | None = sum(layer.kept for layer in layers)
    if headline.smaller:
        left = costs.shown.weights if costs else None
    return _draw_count(
        place,
        t("Weights left"),
        "..." if left is None else f"{left:,}",
        _beside_weights_left(left, sum(layer.weights for layer in layers), headline.smaller),
        t(
            "Numbers that are not removed; biases and normalisation are not counted. Sparsity counts the rows of "
            "removed units alone; here the columns of the next layer, which read them, are gone too."
        )
        if headline.smaller
        else t("Numbers that are not removed; biases and normalisation are not counted."),
    )


def _beside_weights_left(left: int | None, whole: int, smaller: bool) -> str:
    """Say of how many; of a smaller network also the share that is gone, which is more than the sparsity."""
    if left is None or not smaller:
        return t("of {count:,}", count=whole)
    return t("of {count:,}: {share} gone", count=whole, share=format_percent(1 - left / whole if whole else 0.0))


def _draw_file(place: DeltaGenerator, headline: Headline) -> DeltaGenerator:
    costs = headline.costs
    return _draw_count(
        place,
        t("Zipped file"),
        format_bytes(costs.shown.zipped, costs.dense.file) if costs else "...",
        t("of {size} plain", size=format_bytes(costs.dense.file, costs.shown.zipped)) if costs else "...",
        t(
            "The weights as a file, really compressed just now. It is of the smaller network, without the removed "
            "units and without what only they fed."
        )
        if headline.smaller
        else t(
            "The weights as a file, really compressed just now. Unzipped it is as large as ever: a zero takes as much "
            "room as any other number."
        ),
    )


def _draw_count(place: DeltaGenerator, label: str, value: str, beside: str, help: str) -> DeltaGenerator:
    return place.metric(label, value, beside, delta_color="off", delta_arrow="off", help=help, border=True)
