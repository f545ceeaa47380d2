"""What follows from what engines made of a network, in sentences."""

from collections.abc import Iterator

from core.engines.kinds import ENGINES
from core.engines.measuring import EngineFigures, Run
from core.language import text, together
from core.measure import Change
from core.quality import METRICS, Quality

TOLERANCE = 0.01
"""How much may be lost, as a share of the dense network's figure, or points of a share, for a network to be named."""

NETWORKS = {
    "dense": text("the dense network"),
    "zeros": text("the network with zeros"),
    "smaller": text("the smaller network"),
}
"""How networks are called in a sentence."""


def engine_advice(found: EngineFigures) -> list[str]:
    """Name the fastest and the smallest of those that lose little, and where zeros bring nothing."""
    good = [run for run in found.files if loses_little(found.changes[run], found.quality["torch", "dense"])]
    return [*_fastest(found, good), *_smallest(found, good), *_zeros(found)]


def loses_little(by: Change, dense: Quality) -> bool:
    """Whether a change is for the better, or a loss of at most TOLERANCE."""
    allowed = TOLERANCE if dense.about.share else TOLERANCE * abs(dense.value)
    loss = -by.value if METRICS[by.metric].higher else by.value
    return loss <= allowed


def _allowed(found: EngineFigures) -> str:
    """Return TOLERANCE in words."""
    if found.quality["torch", "dense"].about.share:
        return text("one point")
    return text("a hundredth of the dense figure")


def network_name(found: EngineFigures, run: Run) -> str:
    """Return how the network of a run is called in a sentence."""
    return NETWORKS["dense" if run[1] == "dense" else "zeros" if found.zeros else "smaller"]


def _fastest(found: EngineFigures, good: list[Run]) -> Iterator[str]:
    for batch, times in found.latency.items():
        timed = [run for run in good if run in times]
        if not timed:
            continue
        best = min(timed, key=lambda run: times[run].median)
        dense, same = times["torch", "dense"].median, times[best[0], "dense"].median
        yield text(
            "{many}, the fastest that loses at most {loss} is {network} in {engine}: {ms:.3f} ms, {times:.1f} times "
            "the speed of the dense network in PyTorch, {same:.1f} times that of the dense one in the same engine.",
            many=text("{batch} at a time", batch=batch) if batch > 1 else text("One at a time"),
            loss=_allowed(found),
            network=network_name(found, best),
            engine=ENGINES[best[0]].label,
            ms=times[best].median,
            times=dense / times[best].median,
            same=same / times[best].median,
        )


def _smallest(found: EngineFigures, good: list[Run]) -> Iterator[str]:
    if good:
        best = min(good, key=found.files.__getitem__)
        yield text(
            "The smallest file that loses at most {loss} is that of {network} for {engine}: {size:,.1f} kB, "
            "{times:.1f} times smaller than the dense one's for PyTorch.",
            loss=_allowed(found),
            network=network_name(found, best),
            engine=ENGINES[best[0]].label,
            size=found.files[best] / 1e3,
            times=found.files["torch", "dense"] / found.files[best],
        )


def _zeros(found: EngineFigures) -> Iterator[str]:
    """Say where a network with zeros takes no less time than the dense one: where quartiles touch, or it is slower."""
    if not found.zeros or not found.latency:
        return
    engines = dict.fromkeys(run[0] for run in found.files)
    idle = [
        name
        for name in engines
        if all(times[name, "shipped"].high >= times[name, "dense"].low for times in found.latency.values())
    ]
    if idle:
        yield text(
            "Zeros bring no time in: {engines}. These compute with a zero as with any other number.",
            engines=together((ENGINES[name].label for name in idle), "; "),
        )
