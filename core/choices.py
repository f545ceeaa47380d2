"""What a person can choose: each choice is one file that holds its function, label, help and source together."""

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Choice:
    """Describe one choice as people meet it.

    name: what plans, recipes and links carry.
    label: what people read in a list.
    help: what it does, in one sentence.
    source: who found it: authors and year.
    order: its place in lists, the lowest first; the first one is the usual choice.
    """

    name: str
    label: str
    help: str
    source: str
    order: int


def choices_in(package: ModuleType) -> Mapping[str, Any]:
    """Return every choice that a module of a package offers as CHOICE, by name, in their order.

    They are of whatever kind of Choice the package is about. A module that is put into one of the package's folders is
    found without being named anywhere. Raises ValueError for a name that two modules give.
    """
    return _choices_in(package.__name__, tuple(package.__path__))


@functools.lru_cache(maxsize=64)
def _choices_in(package: str, folders: tuple[str, ...]) -> Mapping[str, Any]:
    modules = (importlib.import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(folders))
    offered = [module.CHOICE for module in modules if hasattr(module, "CHOICE")]
    if len({choice.name for choice in offered}) < len(offered):
        raise ValueError(f"Two choices in {package} have the same name: {sorted(choice.name for choice in offered)}")
    return {choice.name: choice for choice in sorted(offered, key=lambda choice: choice.order)}
