"""What can be explored: the catalogue of pretrained models, and how to load one.

A field is a package of this folder that states its ORDER; its module `task` offers `catalog` and `load`; `missing` if
something of it has to be fetched; `targets` (name -> Targets) and `adapt` (assets, TaskName -> Task) if its networks
can learn something new. One that is put into the folder is found without being named anywhere.
"""

import functools
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from core.downloads import RemoteFile
from core.errors import UnknownTask
from core.language import text
from core.tasks.assets import ROOT, Assets
from core.tasks.base import Task, TaskInfo
from core.tasks.hub.local import is_of_hub, load_local
from core.tasks.libraries import is_of_library, load_architecture
from core.tasks.names import TaskName
from core.tasks.targets import Target


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


def load(
    name: str,
    root: Path = ROOT,
    *,
    target: str = "",
    examples: int | None = None,
    start: str = "pretrained",
    seed: int = 0,
) -> Task:
    """Load a task of the catalogue, of the Hub or of a library by its full name; keep it, for each call reads it again.

    target, examples, start, seed: what the network is to learn, as TaskName says; they may stand within the name too.
    Raises UnknownTask for a name or target that is not there, TaskUnavailable when its files are not as shipped.
    """
    wanted = TaskName(name, target, examples, start, seed) if target else TaskName.read(name)
    if is_of_hub(wanted.network):
        return load_local(wanted.network)
    if is_of_library(wanted.network):
        return load_architecture(wanted.network)
    assets = Assets.open(root)
    field = _field_of(wanted.network, assets)
    if not wanted.target:
        return field.load(assets, wanted.network)
    names = targets(wanted.network, root)
    if wanted.target not in names:
        known = text("Choose one of: {names}.", names=", ".join(names)) if names else text("Choose another network.")
        raise UnknownTask(
            text("{network} has no target named {target!r}.", network=wanted.network, target=wanted.target), known
        )
    return field.adapt(assets, wanted)


def targets(name: str, root: Path = ROOT) -> list[str]:
    """List what a network of the catalogue can learn besides what it knows. Raises UnknownTask."""
    return [each.name for each in offered(name, root)]


def offered(name: str, root: Path = ROOT) -> tuple[Target, ...]:
    """Describe what a network of the catalogue can learn besides what it knows. Raises UnknownTask."""
    network = TaskName.read(name).network
    if is_of_hub(network) or is_of_library(network):
        return ()
    field = _field_of(network, Assets.open(root))
    return tuple(field.targets(network)) if hasattr(field, "targets") else ()


def _field_of(network: str, assets: Assets) -> ModuleType:
    """Return the module `task` of the field that holds a network. Raises UnknownTask."""
    for field in _fields():
        if network in {info.name for info in field.catalog(assets)}:
            return field
    known = ", ".join(info.name for field in _fields() for info in field.catalog(assets))
    raise UnknownTask(
        text("There is no model named {network!r}.", network=network), text("Choose one of: {known}.", known=known)
    )


def missing(name: str) -> tuple[RemoteFile, ...]:
    """List what has to be fetched before a task can be loaded; () once all of it is here, or where all of it ships."""
    return tuple(file for field in _fields() if hasattr(field, "missing") for file in field.missing(name))
