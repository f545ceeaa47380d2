"""Tasks side by side: quality relative to the dense model over sparsity, and what can be read off it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.language import text, together
from core.quality import Change, Quality

Point = tuple[float, Quality]
"""Sparsity, 0 to 1, and the quality there, relative to the dense model: 1 is as good."""


@dataclass(frozen=True)
class NetworkCurves:
    """One task's way from nothing removed to almost everything: as pruned, and after a fine-tune of equal length.

    changes: sparsity -> what the fine-tune changed there, in the metric's own unit, both judged on the same examples.
    """

    title: str
    pruned: Sequence[Point]
    tuned: Sequence[Point] = field(default_factory=tuple)
    changes: Mapping[float, Change] = field(default_factory=dict)


def survives(points: Sequence[Point], tolerance: float) -> float | None:
    """Return the highest of the sparsities up to which every point keeps at least 1 - tolerance of the dense quality.

    None when the first one does not, or there are no points.
    """
    best = None
    for sparsity, quality in sorted(points, key=lambda point: point[0]):
        if not quality.value >= 1 - tolerance:
            break
        best = sparsity
    return best


def reading(curves: Mapping[str, NetworkCurves], tolerance: float) -> list[str]:
    """Say in sentences what the curves show; each sentence follows from the figures, and is left out without them."""
    percent = f"{100 * tolerance:.0f} %"
    held = {
        name: found for name, network in curves.items() if (found := survives(network.pruned, tolerance)) is not None
    }
    said: list[str] = []
    if len(held) > 1:
        order = sorted(held, key=held.__getitem__)
        most, least = order[-1], order[0]
        if held[most] > held[least]:
            said.append(
                text(
                    "With at most {percent} of its dense quality lost, {first} survives the most ({most} of its "
                    "weights removed) and {last} the least ({least}).",
                    percent=percent,
                    first=curves[most].title,
                    most=_percent(held[most]),
                    last=curves[least].title,
                    least=_percent(held[least]),
                )
            )
        else:
            said.append(
                text(
                    "With at most {percent} lost, all of them survive {held} removed.",
                    percent=percent,
                    held=_percent(held[most]),
                )
            )
    gains = {name: each for name, network in curves.items() if (each := _gains(network))}
    if gains:
        first = max(gains, key=lambda name: gains[name][0].value)
        gain = gains[first][0]
        if gain.change is not None and gain.change.better:
            said.append(
                text(
                    "The same number of steps of fine-tuning brings back the most for {title}: at {sparsity} removed "
                    "from {before:.0f} to {after:.0f} % of the dense quality.",
                    title=curves[first].title,
                    sparsity=_percent(gain.sparsity),
                    before=100 * gain.before.value,
                    after=100 * gain.after.value,
                )
            )
        worse = [name for name, each in gains.items() if all(gain.harmed for gain in each)]
        said += [
            text("For {title} that fine-tune did harm at every sparsity.", title=curves[name].title) for name in worse
        ]
    unsure = [
        curves[name].title
        for name, each in curves.items()
        if any(quality.high - quality.low > 2 * tolerance for _, quality in each.pruned)
    ]
    if unsure:
        said.append(
            text(
                "Some ranges are wider than twice that tolerance ({names}): there, a point may lie on the other "
                "side by chance.",
                names=together(unsure, ", "),
            )
        )
    return said


def _percent(share: float) -> str:
    """Write a share of 1 as percent, with a decimal where there is one."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


@dataclass(frozen=True)
class _Gain:
    sparsity: float
    before: Quality
    after: Quality
    change: Change | None

    @property
    def value(self) -> float:
        return self.after.value - self.before.value

    @property
    def harmed(self) -> bool:
        return self.change is not None and self.change.clear and not self.change.better


def _gains(network: NetworkCurves) -> list[_Gain]:
    """List what a fine-tune changed at each sparsity that was judged before and after, the largest gain first."""
    before = dict(network.pruned)
    found = [
        _Gain(sparsity, before[sparsity], after, network.changes.get(sparsity))
        for sparsity, after in network.tuned
        if sparsity in before
    ]
    return sorted(found, key=lambda gain: gain.value, reverse=True)
