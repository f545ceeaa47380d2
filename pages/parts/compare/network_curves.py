"""Networks side by side: what is known of each so far, in figures that can be compared."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from core.errors import PlaygroundError
from core.jobs.job import Job
from core.jobs.work import TunedPoint
from core.measure import NetworkCurves, PlanResult, change, survives
from core.measure.comparison import Point
from core.pruning import PruningPlan
from pages.parts.compare import tuned_points
from pages.parts.compare.choice import full_title, require_examples, short_title
from pages.shared import cache, curves
from pages.shared.errors import in_one
from pages.shared.format import format_quality
from pages.shared.words import t


@dataclass
class Comparison:
    """Hold the curves of some networks, by name, with the jobs that find out more.

    left_out: name -> why it cannot be compared.
    """

    curves: dict[str, NetworkCurves] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


def compare_networks(names: list[str], steps: int) -> Comparison:
    """Gather what is known of networks so far; steps: how long each is fine-tuned."""
    found = Comparison()
    for name in names:
        try:
            require_examples(name)
            pruned = curves.curve_job(name, PruningPlan())
            tuned = tuned_points.tuning_job(name, steps)
            found.curves[name] = curves_of(name, list(pruned.results), list(tuned.results) if tuned else [])
            found.jobs += [pruned, *([tuned] if tuned else [])]
        except PlaygroundError as error:
            found.left_out[name] = in_one(error.what, error.advice)
    return found


def curves_of(name: str, pruned: list[PlanResult], tuned: list[TunedPoint]) -> NetworkCurves:
    """Set a network's figures in relation to its dense quality, before and after a fine-tune."""
    dense, info = cache.dense_quality(name), cache.info(name)
    before = {point.sparsity: point.quality for point in pruned}
    after = [(point.sparsity, point.quality) for point in tuned if point.quality is not None]
    return NetworkCurves(
        short_title(name),
        [(point.sparsity, point.quality.relative(dense, info.worst)) for point in pruned],
        [(sparsity, quality.relative(dense, info.worst)) for sparsity, quality in after],
        {sparsity: change(before[sparsity], quality) for sparsity, quality in after if sparsity in before},
    )


def survival_table(networks: dict[str, NetworkCurves], tolerance: float) -> pd.DataFrame:
    """List up to which sparsity each network survives, before and after a fine-tune."""

    def survived(points: Sequence[Point]) -> float | None:
        sparsity = survives(points, tolerance)
        return None if sparsity is None else round(100 * sparsity, 1)

    return pd.DataFrame(
        {
            t("Network"): full_title(name),
            t("Field"): t(info.domain),
            t("Dense"): t("{metric} {figure}", metric=t(info.metric), figure=format_quality(cache.dense_quality(name))),
            t("Survives, %"): survived(network.pruned),
            t("Survives fine-tuned, %"): survived(network.tuned) if network.tuned else None,
        }
        for name, network in networks.items()
        for info in [cache.info(name)]
    )
