"""The errors that people may meet: each says what happened, and what to do about it."""

from typing import Any

from core.language import together


class PlaygroundError(Exception):
    """Carry two sentences for a person: `what` happened, and as `advice` what to do next."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(together((what, advice)))
        self.what = what
        self.advice = advice

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args, self.__dict__)  # its kinds take other arguments than `args` has


def _again(kind: type[PlaygroundError], args: tuple[Any, ...], parts: dict[str, Any]) -> PlaygroundError:
    """Make an error from a pickle."""
    made = kind.__new__(kind, *args)
    made.__dict__.update(parts)
    return made


class UnknownTask(PlaygroundError):
    """Report a name that the catalogue does not have."""


class TaskUnavailable(PlaygroundError):
    """Report a task whose weights or data are missing or damaged."""


class BadPlan(PlaygroundError, ValueError):
    """Refuse a pruning plan that cannot be carried out."""


class BadRecipe(PlaygroundError, ValueError):
    """Refuse a fine-tuning recipe that cannot be carried out."""


class BadInput(PlaygroundError, ValueError):
    """Refuse something that a person typed or sent, which cannot be read or which no model can answer."""


class TuningFailed(PlaygroundError):
    """Report a fine-tune whose numbers stopped being finite."""
