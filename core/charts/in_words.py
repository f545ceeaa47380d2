"""Charts in words, for those who do not see them: what each shows, computed from the figures it is drawn from.

Each function takes what its chart takes, and returns whole sentences, so that each can be said in any language.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.charts.classroom import CurveQuestion
from core.charts.history import TreePoint, tree_order
from core.language import Text, as_text, text, text_of
from core.measure import Candidate, Look, NetworkCurves, PlanResult, Sensitivity, ShiftResult
from core.measure.adapting import Adapted
from core.measure.budget import frontier
from core.quality import METRICS, Quality

MOST = 6
"""Places of one line that are told; who wants all of them reads the table beside the chart."""


def say_figure(quality: Quality) -> str:
    """Write a figure in its metric's own unit, as charts do."""
    if math.isnan(quality.value):
        return text("no answer")
    return percent(quality.value) if quality.about.share else f"{quality.value:.{quality.about.digits}f}"


def percent(share: float) -> str:
    """Write a share of 1 in percent."""
    return f"{100 * share:.1f} %"


def curve_in_words(
    points: Sequence[PlanResult],
    dense: Quality | None,
    here: tuple[float, Quality] | None = None,
    tuned: tuple[float, Quality] | None = None,
    repaired: Sequence[PlanResult] = (),
) -> list[Text]:
    """Tell quality over sparsity, as `sparsity_curve` draws it."""
    shown = dense or (points[0].quality if points else None)
    if shown is None:
        return [text("A curve of quality over the share of weights that is removed; no point of it is known yet.")]
    said = [text("{metric} over the share of weights that is removed.", metric=as_text(shown.metric))]
    if dense:
        said.append(text("The whole network: {figure}.", figure=say_figure(dense)))
    for point in spread(sorted(points, key=lambda each: each.sparsity)):
        said.append(_at(point.sparsity, point.quality))
    for point in spread(sorted(repaired, key=lambda each: each.sparsity)):
        said.append(
            text(
                "Repaired, at {share} removed: {figure}.",
                share=percent(point.sparsity),
                figure=say_figure(point.quality),
            )
        )
    if here:
        said.append(text("Here, at {share} removed: {figure}.", share=percent(here[0]), figure=say_figure(here[1])))
    if tuned:
        said.append(
            text("Fine-tuned, at {share} removed: {figure}.", share=percent(tuned[0]), figure=say_figure(tuned[1]))
        )
    return said


def guesses_in_words(
    asked: CurveQuestion,
    values: Sequence[float],
    mine: float | None = None,
    truth: tuple[float, float] | None = None,
    points: Sequence[PlanResult] = (),
    dense: Quality | None = None,
) -> list[Text]:
    """Tell guesses on the axes of a curve, as `guess_curve` draws them, and then the curve."""

    def figure(value: float, form: str = "g") -> str:
        return f"{value:{form}} {asked.unit}".strip()

    said = [text("{metric} over the share of weights that is removed.", metric=as_text(asked.metric))]
    share, ordered = percent(asked.at), sorted(values)
    if ordered:
        said.append(
            text_of(
                "{count} guess at {share} removed: {middle}.",
                "{count} guesses at {share} removed, from {low} to {high}, the middle one {middle}.",
                len(ordered),
                share=share,
                low=figure(ordered[0]),
                high=figure(ordered[-1]),
                middle=figure(ordered[len(ordered) // 2]),
            )
        )
    else:
        ends = {"low": figure(asked.low), "high": figure(asked.high)}
        said.append(text("No guesses so far at {share} removed, between {low} and {high}.", share=share, **ends))
    if mine is not None:
        said.append(text("Your guess: {guess}.", guess=figure(mine)))
    if truth is not None:
        measured = figure(truth[1], f".{METRICS[asked.metric].digits}f")
        said.append(text("Measured, at {share} removed: {figure}.", share=percent(truth[0]), figure=measured))
    return said + (curve_in_words(points, dense)[1:] if points or dense else [])


def comparison_in_words(curves: dict[str, NetworkCurves], tolerance: float) -> list[Text]:
    """Tell networks side by side, as `comparison_chart` draws them."""
    said = [text("Quality in percent of the whole network's, over the share of weights that is removed.")]
    said.append(text("A line across marks {share}, which may be lost at most.", share=percent(tolerance)))
    for network in curves.values():
        for sparsity, quality in spread(sorted(network.pruned, key=lambda each: each[0]), 4):
            said.append(_of(network.title, sparsity, quality))
        for sparsity, quality in spread(sorted(network.tuned, key=lambda each: each[0]), 4):
            values = {"network": network.title, "share": percent(sparsity), "figure": percent(quality.value)}
            said.append(text("{network}, fine-tuned at {share} removed: {figure}.", **values))
    return said


def _of(title: str, sparsity: float, quality: Quality) -> Text:
    values = {"network": title, "share": percent(sparsity), "figure": percent(quality.value)}
    return text("{network} at {share} removed: {figure}.", **values)


def learning_in_words(looks: Sequence[Look], dense: Quality) -> list[Text]:
    """Tell how a network learns, as `learning_chart` draws it."""
    said = [text("{metric} over optimiser steps.", metric=as_text(dense.metric))]
    said.append(text("The whole network: {figure}.", figure=say_figure(dense)))
    for look in spread(looks):
        said.append(
            text(
                "After {step} steps: {validation} on validation data, {training} on training data, {share} removed.",
                step=f"{look.step:,}",
                validation=say_figure(look.quality),
                training=say_figure(look.train),
                share=percent(look.sparsity),
            )
        )
    return said


def groups_in_words(stages: dict[str, dict[str, Quality]]) -> list[Text]:
    """Tell the quality of each group at each stage, as `group_chart` draws it."""
    return [
        text("{group}, {stage}: {figure}.", group=as_text(group), stage=as_text(stage), figure=say_figure(quality))
        for stage, groups in stages.items()
        for group, quality in groups.items()
    ]


def history_in_words(points: Sequence[TreePoint], marked: Sequence[str] = ()) -> list[Text]:
    """Tell what was tried as a tree, as `history_tree` draws it."""
    names = {each.id: each.name for each in points}
    said = [text_of("A tree of {count} network.", "A tree of {count} networks.", len(points))]
    for each in tree_order(points):
        values = {"name": each.name, "figures": each.figures, "share": percent(each.sparsity)}
        if each.parent in names:
            said.append(text("{name}, from {parent}: {share} removed, {figures}.", parent=names[each.parent], **values))
        else:
            said.append(text("{name}: {share} removed, {figures}.", **values))
    return said + [text("Marked: {name}.", name=names[each]) for each in marked if each in names]


def adapting_in_words(rows: Sequence[Adapted]) -> list[Text]:
    """Tell ways to adapt a network, as `adapting_chart` draws them."""
    said = [text("Quality over the number of training examples.")]
    for row in rows:
        values = {"way": row.way.label, "figure": say_figure(row.quality)}
        said.append(
            text_of("{way}, {count} example: {figure}.", "{way}, {count:,} examples: {figure}.", row.examples, **values)
        )
    return said


def confusion_in_words(counts: np.ndarray, classes: Sequence[str], title: str) -> list[Text]:
    """Tell how much of each class is named rightly and the largest mistakes, as `confusion_matrix` draws them.

    counts: int (classes, classes), rows true and columns given.
    """
    total = np.maximum(counts.sum(1), 1)
    said = [text("{network}: names given to the examples of each class.", network=as_text(title))]
    for place, name in enumerate(classes):
        said.append(text("{name}: {share} right.", name=name, share=percent(counts[place, place] / total[place])))
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    for flat in np.argsort(-wrong, axis=None)[:3]:
        truth, given = divmod(int(flat), len(classes))
        if wrong[truth, given]:
            values = {"name": classes[truth], "other": classes[given]}
            said.append(
                text_of(
                    "{name} is called {other} {count} time.",
                    "{name} is called {other} {count:,} times.",
                    int(wrong[truth, given]),
                    **values,
                )
            )
    return said


def sensitivity_in_words(scan: Sensitivity, worst: float = 0.0) -> list[Text]:
    """Tell which layers are fragile, as `sensitivity_heat_map` and `sensitivity_curves` draw them."""
    said = [text("Quality in percent of the whole network's, when one layer alone is pruned; the most fragile first.")]
    for name in scan.by_fragility(worst)[:MOST]:
        pairs = list(zip(scan.sparsities, scan.qualities[name], strict=True))
        for sparsity, quality in spread(pairs, 2):
            left = quality.relative(scan.dense, worst)
            said.append(_of(name.removesuffix(".weight"), sparsity, left))
    return said


def frontier_in_words(
    tried: Sequence[Candidate], cost: Callable[[Candidate], float], label: str, chosen: Candidate | None = None
) -> list[Text]:
    """Tell what nothing else beats, as `frontier_chart` draws it."""
    said = [
        text_of(
            "{count} network, quality over {label}.",
            "{count:,} networks, quality over {label}.",
            len(tried),
            label=label,
        )
    ]
    for each in spread(frontier(tried, cost)):
        said.append(
            text("Nothing beats {figure} at {cost}.", figure=say_figure(each.quality), cost=f"{cost(each):,.0f}")
        )
    if chosen is not None:
        values = {"figure": say_figure(chosen.quality), "cost": f"{cost(chosen):,.0f}"}
        said.append(text("The best found: {figure} at {cost}.", **values))
    return said


def robustness_in_words(found: Sequence[ShiftResult]) -> list[Text]:
    """Tell how networks hold up on shifted data, as `robustness_chart` draws them: at strength 0 and at the highest."""
    said = [text("Quality over the strength of each kind of shift; 0 is the data as it is.")]
    lines: dict[tuple[str, str], list[ShiftResult]] = {}
    for result in found:
        lines.setdefault((result.kind, result.stage), []).append(result)
    for line in lines.values():
        for result in spread(sorted(line, key=lambda each: each.strength), 2):
            said.append(
                text(
                    "{kind}, {stage}, strength {strength}: {figure}.",
                    kind=as_text(result.kind),
                    stage=as_text(result.stage),
                    strength=result.strength,
                    figure=say_figure(result.quality),
                )
            )
    return said


def _at(sparsity: float, quality: Quality) -> Text:
    return text("At {share} removed: {figure}.", share=percent(sparsity), figure=say_figure(quality))


def spread(items: Sequence[Any], most: int = MOST) -> list[Any]:
    """Return at most so many of the items, the first and the last among them, evenly spread."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]
