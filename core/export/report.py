"""The report: one HTML file that holds every figure of an experiment and needs nothing else to be read.

What it reports follows Blalock, Gonzalez Ortiz, Frankle, Guttag 2020, What is the state of neural network pruning?:
compression ratio and theoretical speed-up, absolute and relative quality, spread over seeds where there are several,
and the random baseline beside the method. Here its words and numbers are gathered; its look is in the template.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from plotly.offline import get_plotlyjs

from core.charts import confusion_matrix
from core.charts.chance import curve_beside_chance
from core.experiment import STAGE_NAMES, STAGE_TITLES
from core.export.findings import Findings
from core.export.machine import machine
from core.export.rendering import render
from core.export.words import (
    change_in_words,
    choices_in_words,
    quality_in_words,
    ratio_in_words,
    relative_in_words,
)
from core.language import SOURCE, as_text, text
from core.measure.advice import advice
from core.measure.latency import Latency
from core.measure.shipping import ShippingFigures
from core.pruning import Pruned
from core.quality import Quality, change
from core.tasks.base import SPLIT_NAMES, Task
from core.tuning import Recipe

Row = Sequence[Any]


@dataclass(frozen=True)
class Table:
    """Hold a table whose columns depend on what was measured."""

    heads: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Page:
    """Hold what the template of the report shows, in its order; rows hold cells, figures are plotly's as plain data.

    judged_by: the headline metric and the data that it is of.
    chances: the plan, and as much by chance, none for the dense network; `spread_of_chance` of the latter, "" for a
        single one.
    seeds: a row a seed of the fine-tune, none unless there are two at least; `spread_of_seeds` goes with them.
    plan: none for the dense network; recipe: none without a fine-tune.
    effective: operations that are not with a zero; usual: the size of the examples, in words; left_out: kind -> why.
    """

    title: str
    about: str
    headline: Sequence[Row]
    advice: Sequence[str]
    judged_by: str
    chances: Sequence[Row]
    spread_of_chance: str
    curves: Mapping[str, Any]
    seeds: Sequence[Row]
    spread_of_seeds: str
    plan: Sequence[Row]
    recipe: Sequence[Row]
    further: Table
    confusions: Sequence[Mapping[str, Any]]
    costs: Table
    effective: int
    usual: str
    left_out: Mapping[str, str]
    files: Sequence[Row]
    layers: Sequence[Row]
    machine: Sequence[Row]


def report(task: Task, pruned: Pruned, found: Findings, recipe: Recipe | None = None, language: str = SOURCE) -> str:
    """Return a self-contained HTML page about the network of the last stage in `found`, and those it was made from.

    pruned: what the plan left, before any fine-tune, or the dense network; recipe: of the fine-tune.
    language: which one it is written in.
    """
    return render("report.html.jinja", language, page=gather(task, pruned, found, recipe), chart_library=get_plotlyjs())


def gather(task: Task, pruned: Pruned, found: Findings, recipe: Recipe | None) -> Page:
    """Put what was measured into the words, rows and figures of a page."""
    dense, shipping = found.figures["dense"]["validation"], found.shipping
    tuned = recipe is not None and len(found.seeds) > 1
    return Page(
        title=text("{title}: {share:.1%} pruned", title=task.info.title, share=pruned.sparsity)
        if "pruned" in found.figures
        else text("{title}: dense", title=task.info.title),
        about=task.info.about,
        headline=[*_sizes(pruned, shipping), *_qualities(found.figures, task.info.worst)],
        advice=advice(shipping.files, shipping.latency, shipping.whole or None),
        judged_by=text("{metric}, validation", metric=as_text(dense.metric)),
        chances=_chances(found),
        spread_of_chance=_spread_of_chance(found),
        curves=curve_beside_chance(found.curve, found.curve_of_chance, dense),
        seeds=[(seed, quality_in_words(each)) for seed, each in sorted(found.seeds.items())] if tuned else [],
        spread_of_seeds=_spread_of_seeds(found) if tuned else "",
        plan=choices_in_words(pruned.plan.to_dict()) if "pruned" in found.figures else [],
        recipe=choices_in_words(recipe.to_dict()) if recipe else [],
        further=_further(found),
        confusions=_confusions(task, found),
        costs=_costs(shipping),
        effective=shipping.effective,
        usual=shipping.usual,
        left_out={as_text(kind): why for kind, why in shipping.left_out.items()},
        files=_files(shipping),
        layers=_layers(pruned),
        machine=[*machine(shipping.threads), (text("Model and data"), task.info.origin)],
    )


def _sizes(pruned: Pruned, shipping: ShippingFigures) -> list[Row]:
    """Say how much went, and how much smaller and faster that could make the network."""
    weights = sum(layer.weights for layer in pruned.layers)
    kept = sum(layer.kept for layer in pruned.layers)
    left = min(shipping.macs.get("smaller", shipping.effective), shipping.effective)
    whole = shipping.whole or shipping.files["dense"]
    return [
        (text("Removed of the prunable weights"), f"{pruned.sparsity:.2%}"),
        (text("Compression ratio (prunable weights before / after)"), ratio_in_words(weights, kept)),
        (
            text("Compression ratio (bytes of the plain file / of the smallest one)"),
            ratio_in_words(whole, min(shipping.files.values())),
        ),
        (
            text("Theoretical speed-up (operations before / after, zeros skipped)"),
            ratio_in_words(shipping.macs["dense"], left),
        ),
    ]


def _qualities(figures: Mapping[str, Mapping[str, Quality]], worst: float) -> Iterator[Row]:
    """Say how good each stage is, and how it lies to the dense network; worst: where nothing is left of a network."""
    dense = figures["dense"]
    metric = as_text(dense["validation"].metric)
    later = {stage: by_split for stage, by_split in figures.items() if stage != "dense"}
    for stage, by_split in figures.items():
        for split, quality in by_split.items():
            name = text("{metric}, {stage}, {split}", metric=metric, stage=STAGE_NAMES[stage], split=SPLIT_NAMES[split])
            yield name, quality_in_words(quality)
    for stage, by_split in later.items():
        for split, quality in by_split.items():
            name = text(
                "Change of {metric}, {stage}, {split}",
                metric=metric,
                stage=STAGE_NAMES[stage],
                split=SPLIT_NAMES[split],
            )
            yield name, change_in_words(change(dense[split], quality))
    for stage, by_split in later.items():
        relative = relative_in_words(by_split["validation"], dense["validation"], worst)
        yield text("Of the dense {metric}, {stage}", metric=metric, stage=STAGE_NAMES[stage]), relative


def _chances(found: Findings) -> list[Row]:
    if "pruned" not in found.figures:
        return []
    this_plan = (text("this plan"), quality_in_words(found.figures["pruned"]["validation"]))
    by_chance = [
        (text("by chance, seed {seed}", seed=seed), quality_in_words(each)) for seed, each in enumerate(found.chances)
    ]
    return [this_plan, *by_chance]


def _spread_of_chance(found: Findings) -> str:
    values = [quality.value for quality in found.chances]
    if len(values) < 2:
        return ""
    about = found.chances[0].about
    digits = about.digits + 2 if about.share else about.digits
    return text(
        "Mean by chance {mean}, standard deviation {deviation}.",
        mean=f"{np.mean(values):.{digits}f}",
        deviation=f"{np.std(values, ddof=1):.{digits}f}",
    )


def _spread_of_seeds(found: Findings) -> str:
    values = [quality.value for quality in found.seeds.values()]
    return text(
        "Mean {mean:.4f}, standard deviation {deviation:.4f} over {seeds} seeds.",
        mean=float(np.mean(values)),
        deviation=float(np.std(values, ddof=1)),
        seeds=len(values),
    )


def _further(found: Findings) -> Table:
    """Set the figures beside the headline one, and those of groups, side by side for the stages."""
    further, changes = found.further, found.changes
    first = next(iter(further.values()))
    metrics = [
        (
            as_text(each.metric),
            *(quality_in_words(figures.metrics[place]) for figures in further.values()),
            *(change_in_words(changed.metrics[place]) for changed in changes.values()),
        )
        for place, each in enumerate(first.metrics)
    ]
    groups = [
        (
            text("{metric}: {name}", metric=as_text(quality.metric), name=name),
            *(quality_in_words(figures.groups[name]) for figures in further.values()),
            *(change_in_words(changed.groups[name]) for changed in changes.values()),
        )
        for name, quality in first.groups.items()
    ]
    stages = (STAGE_NAMES[stage] for stage in further)
    changed_stages = (text("change, {stage}", stage=STAGE_NAMES[stage]) for stage in changes)
    return Table((text("Validation data"), *stages, *changed_stages), [*metrics, *groups])


def _confusions(task: Task, found: Findings) -> list[dict[str, Any]]:
    """Draw the confusion matrices of the dense network and of the last stage."""
    shown = ("dense", list(found.figures)[-1])
    return [
        confusion_matrix(
            counts, task.classes, text("{stage}: true classes and given names, %", stage=STAGE_TITLES[stage])
        )
        for stage, counts in found.confused.items()
        if stage in shown
    ]


def _costs(shipping: ShippingFigures) -> Table:
    """Set parameters, operations and times side by side for the networks that could be shipped."""
    times = shipping.latency
    kinds = list(next(iter(times.values()), dict.fromkeys(shipping.parameters)))
    rows = [
        (
            as_text(kind),
            *(
                f"{each[kind]:,}" if kind in each else text("as with zeros")
                for each in (shipping.parameters, shipping.macs)
            ),
            *(_time(each[kind]) for each in times.values()),
        )
        for kind in kinds
    ]
    heads = (text("ms for {batch}", batch=batch) for batch in times)
    return Table((text("Network"), text("Parameters"), text("MACs"), *heads), rows)


def _time(found: Latency) -> str:
    return text("{median:.3f} ({low:.3f} to {high:.3f})", median=found.median, low=found.low, high=found.high)


def _files(shipping: ShippingFigures) -> list[Row]:
    whole = [(text("dense network, plain"), f"{shipping.whole:,}")] if shipping.whole else []
    return [*whole, *((as_text(name), f"{count:,}") for name, count in shipping.files.items())]


def _layers(pruned: Pruned) -> list[Row]:
    return [
        (
            each.name,
            " x ".join(map(str, each.shape)),
            f"{each.weights:,}",
            f"{each.kept:,}",
            f"{each.kept / each.weights:.1%}",
        )
        for each in pruned.layers
        if each.weights
    ]
