"""Names of tasks: a network of the catalogue, and, where it learns something new, what that is and how it begins."""

import re
from dataclasses import dataclass, replace
from typing import Self

from core.errors import UnknownTask
from core.language import text

PART = "~"
"""Between the parts of a name: `NETWORK~TARGET:EXAMPLES.SEED~START`."""

STARTS = {
    "pretrained": text("Pretrained: all that it learned before, with a fresh head where classes differ"),
    "scratch": text("From scratch: all weights drawn anew, of the usual size"),
    "scratch-large": text("From scratch, too large: ten times the usual size"),
    "scratch-alike": text("From scratch, all alike: each weight of a layer the same, so that no neuron ever differs"),
}
"""How a network begins to learn a target."""

BEGINNINGS = {
    "pretrained": text("pretrained"),
    "scratch": text("from scratch"),
    "scratch-large": text("from scratch, too large"),
    "scratch-alike": text("from scratch, all alike"),
}
"""The same in a few words, for a title."""

OWN = "own-"
"""How the name of a target begins that is made of somebody's own data: `own-HASH`, kept in the store."""

_TARGET = re.compile(r"([a-z0-9-]{1,80})(?::([1-9]\d{0,6}))?(?:\.([1-9]\d{0,6}))?")


@dataclass(frozen=True)
class TaskName:
    """Hold the parts of a name.

    network: a name of the catalogue.
    target: what it learns, one of `targets(network)` or `own-HASH`; "" for the data it was trained on.
    examples: how many training examples of the target it may see; None for all.
    start: one of STARTS.
    seed: which examples these are, and how fresh weights are drawn.
    """

    network: str
    target: str = ""
    examples: int | None = None
    start: str = "pretrained"
    seed: int = 0

    def __str__(self) -> str:
        if not self.target:
            return self.network
        count = f":{self.examples}" if self.examples is not None else ""
        seed = f".{self.seed}" if self.seed else ""
        start = f"{PART}{self.start}" if self.start != "pretrained" else ""
        return f"{self.network}{PART}{self.target}{count}{seed}{start}"

    @classmethod
    def read(cls, name: str) -> Self:
        """Read a name that `str` wrote. Raises UnknownTask for what cannot be one."""
        network, *rest = name.split(PART)
        if not rest:
            return cls(network)
        found = _TARGET.fullmatch(rest[0])
        start = rest[1] if len(rest) > 1 else "pretrained"
        if found is None or len(rest) > 2 or start not in STARTS:
            raise UnknownTask(
                text("{name!r} names no target to learn.", name=name[:80]), text("Choose one from the list.")
            )
        return cls(network, found[1], int(found[2]) if found[2] else None, start, int(found[3] or 0))

    @property
    def own(self) -> str:
        """The hash of somebody's own data that is the target; "" for none."""
        return self.target.removeprefix(OWN) if self.target.startswith(OWN) else ""

    @property
    def untargeted(self) -> str:
        """The name of the network on the data it was trained on."""
        return str(replace(self, target="", examples=None, start="pretrained", seed=0))
