"""Kinds of pictures: what they show, what lies behind it, how people's own are read, and how they may be varied."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.language import text
from core.tasks.records import PictureBytes
from core.tasks.vision.augment import AUGMENTATIONS
from core.tasks.vision.data import BLACK, CLASSES, DEVIATION, MEAN, OTHER_NAMES, WHITE
from core.tasks.vision.upload import AS_CLOTHES, AS_DIGITS, AS_LIGHT_CLOTHES, AS_TURNED_CLOTHES


@dataclass(frozen=True)
class PictureKind:
    """Describe pictures of one kind.

    shows: what a network meets, in words that open the description of its input.
    classes: the names of what they can show.
    pixels: how photographs of people are read and held.
    aliases: other names that folders may have -> the class that each stands for.
    ground: value of a pixel behind what is shown, once normalised.
    augmentations: ways to vary them after which they still show the same.
    """

    shows: str
    classes: tuple[str, ...]
    pixels: PictureBytes
    aliases: Mapping[str, str] = field(default_factory=dict)
    ground: float = BLACK
    augmentations: tuple[str, ...] = AUGMENTATIONS

    @property
    def inputs(self) -> str:
        """How raw data becomes a batch."""
        return text(
            "{shows}: grey values from 0 to 255, divided by 255, minus {mean}, divided by {deviation}.",
            shows=self.shows,
            mean=MEAN,
            deviation=DEVIATION,
        )

    @property
    def answers(self) -> str:
        """What the answer means."""
        return text(
            "It answers with {count} numbers; the largest one names the class: {classes}.",
            count=len(self.classes),
            classes=", ".join(self.classes),
        )


_UPRIGHT = tuple(each for each in AUGMENTATIONS if each != "flip")
"""For what means something else, or nothing, in the mirror."""

CLOTHES = PictureKind(text("light clothes on black"), CLASSES, AS_CLOTHES, OTHER_NAMES)

LIGHT_CLOTHES = PictureKind(text("dark clothes on white"), CLASSES, AS_LIGHT_CLOTHES, OTHER_NAMES, ground=WHITE)

TURNED_CLOTHES = PictureKind(
    text("light clothes on black, lying on their side"), CLASSES, AS_TURNED_CLOTHES, OTHER_NAMES, augmentations=_UPRIGHT
)

DIGITS = PictureKind(
    text("a light digit on black"),
    tuple("0123456789"),
    AS_DIGITS,
    dict(
        zip(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], "0123456789", strict=True)
    ),
    augmentations=_UPRIGHT,
)
