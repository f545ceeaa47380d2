"""The errors people may meet: each says what happened and what to do about it."""


class PlaygroundError(Exception):
    """Carry two sentences for a person: what happened, and what to do next."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what
        self.advice = advice


class UnknownTask(PlaygroundError):
    """A name that the catalogue does not have."""


class TaskUnavailable(PlaygroundError):
    """A task whose weights or data are missing or damaged."""


class BadPlan(PlaygroundError, ValueError):
    """A pruning plan that cannot be carried out."""


class BadRecipe(PlaygroundError, ValueError):
    """A fine-tuning recipe that cannot be carried out."""


class BadInput(PlaygroundError, ValueError):
    """Something a person typed or sent that no model can answer."""


class TuningFailed(PlaygroundError):
    """A fine-tune whose numbers stopped being finite."""
