"""How the fields of a recipe show in a form: each carries its label, its help and what it offers."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Describe one field of a recipe as people meet it.

    label: what they read; help: what it does, in a sentence, where the label does not say it.
    """

    label: str
    help: str | None = None


@dataclass(frozen=True, kw_only=True)
class Number(Setting):
    """A number that people type; a recipe refuses what is impossible, with a sentence.

    step: how far one click goes. format: how it is written, as printf has it. least: the smallest a form takes at all.
    empty: what stands there instead of None.
    """

    step: float
    format: str | None = None
    least: int | None = None
    empty: str | None = None


@dataclass(frozen=True, kw_only=True)
class Share(Setting):
    """A share that people slide, from 0 to `most`, in steps."""

    most: float
    step: float


@dataclass(frozen=True, kw_only=True)
class Switch(Setting):
    """Something that is done or not."""


@dataclass(frozen=True, kw_only=True)
class OneOf(Setting):
    """One of several options: name -> what people read."""

    options: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SomeOf(Setting):
    """Any number of several options: name -> what people read."""

    options: Mapping[str, str]


def setting(default: T, shown: Setting) -> T:
    """Make a field of a dataclass with its default, which shows in a form like this."""
    return cast(T, field(default=default, metadata={"setting": shown}))


def settings_of(kind: type) -> dict[str, Setting]:
    """Return how the fields of a dataclass show in a form, by name; without those that show nowhere."""
    return {each.name: each.metadata["setting"] for each in fields(kind) if "setting" in each.metadata}
