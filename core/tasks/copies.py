"""A copy of a network, as `copy.deepcopy` makes it, in a fraction of the time: every step of a slider needs one."""

import copy
from collections import OrderedDict
from typing import Any

from torch import nn

UNCHANGEABLE = (bool, int, float, complex, str, bytes, type(None), type)
"""What needs no copy; torch's devices and dtypes, which do not either, are left to `copy`."""

WAYS = ("__deepcopy__", "__reduce__", "__reduce_ex__", "__getstate__", "__setstate__", "__getnewargs_ex__")
"""How a class may say what a copy of it is."""


def copy_network(model: nn.Module) -> nn.Module:
    """Return a copy that shares nothing with a network; weights that are tied there are tied in the copy.

    Modules that say themselves how they are copied, and whatever else a module holds, are left to `copy.deepcopy`.
    """
    copied = _copied(model, {})
    assert isinstance(copied, nn.Module)
    return copied


def _copied(value: Any, known: dict[int, Any]) -> Any:
    """Copy a value; known: id of what was copied already -> its copy, as `copy.deepcopy` has it."""
    if type(value) in UNCHANGEABLE:
        return value
    if id(value) in known:
        return known[id(value)]
    if type(value) in (OrderedDict, set) and not value:  # a module has a dozen, for hooks
        known[id(value)] = type(value)()
        return known[id(value)]
    if isinstance(value, nn.Module) and not _copies_itself(type(value)):
        twin = type(value).__new__(type(value))
        known[id(value)] = twin
        twin.__dict__.update({name: _copied(each, known) for name, each in value.__dict__.items()})
        return twin
    if type(value) is dict:
        twins: dict[Any, Any] = {}
        known[id(value)] = twins
        twins.update((_copied(name, known), _copied(each, known)) for name, each in value.items())
        return twins
    return copy.deepcopy(value, known)


def _copies_itself(kind: type[nn.Module]) -> bool:
    """Whether a class of modules has ways of its own to be copied or pickled; torch's only fill up old pickles."""
    if kind.__module__.startswith("torch.nn.modules."):
        return False
    return any(getattr(kind, way, None) is not getattr(nn.Module, way, None) for way in WAYS) or hasattr(
        kind, "__slots__"
    )
