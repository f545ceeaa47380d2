"""Names of architectures with their number of classes, as they stand among the names of the catalogue."""

import re
from dataclasses import dataclass
from typing import Self

from core.errors import UnknownTask
from core.language import text

LIBRARIES = {"tv": "torchvision", "timm": "timm"}
"""How the name of an architecture begins -> the package that builds it."""

USUAL_CLASSES = 1000
"""Classes of a name that says none: those of ImageNet."""

MOST_CLASSES = 50_000

_NAME = re.compile(r"(tv|timm):([a-z0-9][a-z0-9_.]{0,99})(?::([1-9]\d{0,5}))?")


@dataclass(frozen=True)
class Architecture:
    """Name an architecture, as in `tv:resnet18:10`.

    library: one of LIBRARIES; name: what the library calls it; classes: how many answers it has.
    """

    library: str
    name: str
    classes: int = USUAL_CLASSES

    def __str__(self) -> str:
        return f"{self.library}:{self.name}:{self.classes}"

    @classmethod
    def read(cls, name: str) -> Self:
        """Read a name, with or without its number of classes. Raises UnknownTask for what cannot be one."""
        found = _NAME.fullmatch(name)
        classes = int(found[3] or USUAL_CLASSES) if found else 0
        if found is None or not 2 <= classes <= MOST_CLASSES:
            raise UnknownTask(
                text(
                    "{name!r} names no architecture with 2 to {most_classes:,} classes.",
                    name=name[:80],
                    most_classes=MOST_CLASSES,
                ),
                text("Write one as tv:resnet18:10, or timm:vit_tiny_patch16_224:10."),
            )
        return cls(found[1], found[2], classes)

    @property
    def package(self) -> str:
        """The package that builds it."""
        return LIBRARIES[self.library]


def is_of_library(network: str) -> bool:
    """Whether a network is one of torchvision's or timm's, by its name."""
    return network.partition(":")[0] in LIBRARIES and ":" in network
