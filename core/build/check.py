"""Compare what ships with what the manifest says of it."""

from pathlib import Path

from core.build import curves
from core.tasks import load
from core.tasks.assets import Assets

TOLERANCE = 0.0005
"""Largest difference that counts as equal, since processors round differently; relative above 1."""


def check(name: str, root: Path) -> bool:
    """Score the shipped weights on the shipped data, print each figure, and return whether all in the manifest hold."""
    assets = Assets.open(root)
    if name in curves.DATA:
        return curves.check(name, assets)
    if name not in assets.manifest["models"]:
        return _check_files(name, assets)
    task, figures = load(name, root), assets.manifest["models"][name]["figures"]
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


def _check_files(data: str, assets: Assets) -> bool:
    """Read each file of a data set, which compares it with its hash, and return whether there is one at all."""
    files = [file for file in assets.manifest["files"] if file.startswith((f"data/{data}-", f"data/{data}."))]
    for file in files:
        print(f"{file}: {len(assets.read(file)):,} bytes, as in the manifest")
    return bool(files)
