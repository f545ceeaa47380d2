"""The state dicts inside what people save around them: an epoch, an optimiser, averaged weights, several networks."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from core.language import text
from core.uploads.checkpoints.classes import classes_in
from core.uploads.checkpoints.state import named, short
from core.uploads.limits import MAX_CANDIDATES, MAX_WRAPPERS

AVERAGED = re.compile(r"(?<![a-z])(ema|swa|avg|averaged?|shadow)(?![a-z])|EMA|SWA|[Ee]maModel")
"""Words in the names of weights that were averaged while a network learned."""

OPTIMISER = ("optim", "adam", "sgd")
"""Parts of the names of an optimiser's state."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """Hold a mapping of names to tensors that may be a state dict.

    path: the keys under which it lies; beside: those that lie next to it or next to what is around it.
    classes: the names of a classifier's answers that stand around it.
    parts: the keys of those mappings, side by side, that it was joined from.
    """

    tensors: Mapping[str, Tensor]
    path: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def averaged(self) -> bool:
        """Whether its name says that these weights are an average."""
        return any(AVERAGED.search(key) for key in self.path)

    @property
    def steps(self) -> tuple[str, ...]:
        """What was done to get it out, in sentences."""
        path = short(".".join(self.path))
        took = text("Took the weights under `{path}`.", path=path)
        if self.averaged:
            took = text("Took the weights under `{path}`, which are averaged ones.", path=path)
        optimiser = [key for key in self.beside if any(part in key.lower() for part in OPTIMISER)]
        others = [key for key in self.beside if key not in optimiser]
        return (
            *([took] if self.path else []),
            *([text("Joined the parts {names}.", names=named(self.parts))] if self.parts else []),
            *([text("Left out the optimiser.")] if optimiser else []),
            *([text("Left out what lies beside them: {names}.", names=named(others, 6))] if others else []),
        )


def candidates(value: object) -> list[Candidate]:
    """List mappings of names to tensors within lists and mappings, those with the most tensors first.

    Parts of a network that were saved side by side count as one, too, their names put before those of their tensors.
    """
    found = list(itertools.islice(_walk(value), MAX_CANDIDATES))
    return sorted(found, key=lambda each: -len(each.tensors))


def _walk(value: object) -> Iterator[Candidate]:
    """Go through lists and mappings level by level, each once, however deep or circular they are."""
    level: list[tuple[object, Candidate]] = [(value, Candidate({}))]
    seen: set[int] = set()
    while level:
        below: list[tuple[object, Candidate]] = []
        for node, around in level:
            if id(node) in seen or len(seen) > MAX_WRAPPERS:
                continue
            seen.add(id(node))
            entries = _entries(node)
            classes = classes_in(node) if isinstance(node, Mapping) else ()
            here = Candidate({}, around.path, around.beside, classes or around.classes)
            yield from _state_dicts(entries, here)
            for key, inner in entries.items():
                if isinstance(inner, Mapping | list | tuple):
                    beside = tuple(each for each in entries if each != key)
                    below.append((inner, Candidate({}, (*here.path, key), (*here.beside, *beside), here.classes)))
        level = below


def _entries(node: object) -> dict[str, object]:
    """Return what lies in a mapping by its keys, or in a short list by its places."""
    if isinstance(node, Mapping):
        return {key: inner for key, inner in node.items() if isinstance(key, str)}
    if isinstance(node, list | tuple) and len(node) <= MAX_CANDIDATES:
        return {str(place): inner for place, inner in enumerate(node) if isinstance(inner, Mapping | list | tuple)}
    return {}


def _state_dicts(entries: Mapping[str, object], here: Candidate) -> Iterator[Candidate]:
    """Yield the tensors that lie at one place, and those of the parts there, joined."""
    direct = {key: inner for key, inner in entries.items() if isinstance(inner, Tensor)}
    if direct:
        beside = tuple(key for key in entries if key not in direct)
        yield Candidate(direct, here.path, (*here.beside, *beside), here.classes)
    parts = {key: _named_tensors(inner) for key, inner in entries.items() if isinstance(inner, Mapping)}
    parts = {key: tensors for key, tensors in parts.items() if tensors}
    if len(parts) > 1:
        joined = {f"{key}.{name}": value for key, tensors in parts.items() for name, value in tensors.items()}
        beside = tuple(key for key in entries if key not in parts and key not in direct)
        yield Candidate({**direct, **joined}, here.path, (*here.beside, *beside), here.classes, tuple(parts))


def _named_tensors(part: Mapping[object, object]) -> dict[str, Tensor]:
    """Return the tensors that lie right in a mapping, by name."""
    return {name: value for name, value in part.items() if isinstance(name, str) and isinstance(value, Tensor)}
