"""What can be explored: the catalogue of pretrained models, and how to load one.

A field is a package of this folder that states its ORDER; its module `task` offers `catalog` and `load`, and `missing`
if something of it has to be fetched. One that is put into the folder is found without being named anywhere.
"""

import functools
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from core.downloads import RemoteFile
from core.errors import UnknownTask
from core.tasks.assets import ROOT, Assets
from core.tasks.base import Task, TaskInfo
from core.tasks.hub.local import is_of_hub, load_local


@functools.cache
def _fields() -> tuple[ModuleType, ...]:
    """Return the module `task` of each field, in their stated order."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)], "core.tasks.")
    packages = [importlib.import_module(each.name) for each in found if each.ispkg]
    fields = sorted((each for each in packages if hasattr(each, "ORDER")), key=lambda package: package.ORDER)
    return tuple(importlib.import_module(f"{package.__name__}.task") for package in fields)


def catalog(root: Path = ROOT) -> list[TaskInfo]:
    """List every task there is, each field's in its own order; those not `shipped` have to be fetched before.

    Raises TaskUnavailable without a manifest.
    """
    assets = Assets.open(root)
    return [info for field in _fields() for info in field.catalog(assets)]


def load(name: str, root: Path = ROOT) -> Task:
    """Load one task of the catalogue, or of the Hub by its full name; keep it, for each call reads the files again.

    Raises UnknownTask for a name that is not in the catalogue, TaskUnavailable when its files are not as shipped.
    """
    if is_of_hub(name):
        return load_local(name)
    assets = Assets.open(root)
    for field in _fields():
        if name in {info.name for info in field.catalog(assets)}:
            return field.load(assets, name)
    known = ", ".join(info.name for info in catalog(root))
    raise UnknownTask(f"There is no model named {name!r}.", f"Choose one of: {known}.")


def missing(name: str) -> tuple[RemoteFile, ...]:
    """List what has to be fetched before a task can be loaded; () once all of it is here, or where all of it ships."""
    return tuple(file for field in _fields() if hasattr(field, "missing") for file in field.missing(name))
