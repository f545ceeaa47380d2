"""A visit's experiments as its history shows them: read from the store, put in words, laid out."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.charts import TreePoint
from core.experiment import Experiment
from core.language import as_text, text
from core.stages import catalogue_name
from core.store import Node
from core.store.history import count_nodes, read_history
from pages.shared import cache, fine_tunes, runs, visit
from pages.shared.fine_tunes import FineTune
from pages.shared.format import format_interval, format_percent, format_quality
from pages.shared.sparsities import SLIDER_END, SLIDER_STEP
from pages.shared.storage import store
from pages.shared.words import t

MOST_SHOWN = 200
"""Experiments that the table lists, the latest ones; the download has them all."""

MOST_DRAWN = 40
"""Experiments that the picture has room for, the latest ones."""


@dataclass(frozen=True)
class Tried:
    """Hold one experiment of a visit: its number, its name and note, and what its fine-tune reached, if it has one."""

    number: int
    node: Node
    tuned: FineTune | None

    @property
    def experiment(self) -> Experiment:
        """What it is."""
        return self.node.experiment

    @property
    def label(self) -> str:
        """Its name, or what it did, in the language of now."""
        return self.node.name or t(self.called)

    @property
    def called(self) -> str:
        """The same for any language."""
        recipe = self.experiment.recipe
        return self.node.name or (as_text(recipe.strategy) if recipe else text("pruned"))


def read_tried() -> tuple[list[Tried], int]:
    """Return the latest experiments of this visit, the oldest of them first, and how many there are in all.

    Raises StoreUnavailable.
    """
    entries = read_history(store(), visit.visit_key(), "fine-tuned", fine_tunes.KIND, MOST_SHOWN)
    total = len(entries) if len(entries) < MOST_SHOWN else count_nodes(store(), visit.visit_key())
    numbers = range(total - len(entries) + 1, total + 1)
    return [
        Tried(
            number,
            each.node,
            fine_tunes.read_fine_tune(each.node.experiment, each.result) if each.result else None,
        )
        for number, each in zip(numbers, entries, strict=True)
    ], total


def parents_of(tried: Sequence[Tried]) -> dict[str, str]:
    """Return for each experiment, by its id, the id of the one that it goes on from; that of a network for others."""
    made: dict[str, str] = {}
    found: dict[str, str] = {}
    for each in tried:  # the oldest first, so that what is gone on from is known by then
        experiment = each.experiment
        named = str(experiment.parent)
        found[experiment.id] = named if named in found else made.get(experiment.network, experiment.network)
        if each.tuned and each.tuned.artefact:
            made.setdefault(each.tuned.subject.as_network, experiment.id)
    return found


def tree_points(tried: Sequence[Tried]) -> list[TreePoint]:
    """Return the latest experiments and the networks that they began with as points of a picture."""
    shown = tried[-MOST_DRAWN:]
    parents, known = parents_of(shown), {each.experiment.id for each in shown}
    first = {parents[each.experiment.id]: each for each in reversed(shown)}
    networks = [_network_point(name, each.tuned) for name, each in reversed(first.items()) if name not in known]
    return networks + [_point(each, parents[each.experiment.id]) for each in shown]


def _network_point(name: str, tuned: FineTune | None) -> TreePoint:
    """Return the root of a tree: a network as it is, or one with weights from elsewhere."""
    own = name != catalogue_name(name)
    figures = format_quality(tuned.dense) if tuned else t("not judged")
    if own:
        figures = t("other weights, {figures}", figures=figures)
    return TreePoint(name, "", title_of(name), figures, "dense")


def _point(tried: Tried, parent: str) -> TreePoint:
    tuned, experiment = tried.tuned, tried.experiment
    if tuned is None:
        share = experiment.plan.sparsity or 0.0
        return TreePoint(experiment.id, parent, tried.label, format_percent(share), "pruned", share)
    figures = t(
        "{sparsity} removed: {figure} ({range})",
        sparsity=format_percent(tuned.sparsity),
        figure=format_quality(tuned.tuned),
        range=format_interval(tuned.tuned),
    )
    return TreePoint(experiment.id, parent, tried.label, figures, "fine-tuned", tuned.sparsity, tuned.size)


def title_of(network: str) -> str:
    """Return how people call a network, in the language of now; its name where the catalogue has it no more."""
    return t(title_for_any(network))


def title_for_any(network: str) -> str:
    """Return the same for any language."""
    name = catalogue_name(network)
    return cache.tasks()[name].title if name in cache.tasks() else name


def tried_table(tried: Sequence[Tried]) -> pd.DataFrame:
    """Lay out experiments, one line each, to be shown."""
    return pd.DataFrame(_row(each) for each in tried).rename(columns=t)


def _row(tried: Tried) -> dict[str, object]:
    tuned, experiment = tried.tuned, tried.experiment
    figures = runs.run_row(tuned) if tuned else {"Model": experiment.network, "Removed": experiment.plan.granularity}
    figures |= {name: t(str(figures[name])) for name in ("Strategy", "Removed", "Ended") if name in figures}
    if tuned:
        metric = t(tuned.dense.metric)
        figures["Metric"] = t("{metric}, %", metric=metric) if tuned.dense.about.share else metric
    size = round(tuned.size / 1e3, 1) if tuned and tuned.size else None
    row = {**figures, "Model": title_of(experiment.network), "File, kB": size, "Note": tried.node.note}
    return {"Run": tried.number, "Name": tried.node.name, **row}


def next_percent(sparsity: float) -> float:
    """Return where to go on from a sparsity: half of what is left removed, at a place of the slider."""
    halved = 100 * (1 - (1 - sparsity) / 2)
    return min(max(round(halved / SLIDER_STEP), 0) * SLIDER_STEP, SLIDER_END)
