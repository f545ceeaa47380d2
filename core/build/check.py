"""Compare what ships with what the manifest says of it."""

from pathlib import Path

from core.tasks import load
from core.tasks.assets import Assets

TOLERANCE = 0.0005
"""Largest difference that counts as equal, since processors round differently; relative above 1."""


def check(name: str, root: Path) -> bool:
    """Score the shipped weights on the shipped data, print each figure, and return whether all in the manifest hold."""
    task, figures = load(name, root), Assets.open(root).manifest["models"][name]["figures"]
    verdicts = []
    for part, figure in figures.items():
        quality = task.evaluate(task.model, part)
        stated = figure[quality.metric.lower()]
        close = abs(quality.value - stated) <= TOLERANCE * max(1.0, abs(stated))
        verdicts.append(close and quality.n == figure["n"])
        print(
            f"{name}: {part} {quality.metric} {quality.value:.4f}, n = {quality.n}; manifest {stated:.4f}: "
            f"{'holds' if verdicts[-1] else 'DOES NOT HOLD'}"
        )
    return all(verdicts)
