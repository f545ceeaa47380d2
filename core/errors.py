"""The errors that people may meet: each says what happened, and what to do about it."""


class PlaygroundError(Exception):
    """Carry two sentences for a person: `what` happened, and as `advice` what to do next."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what} {advice}")
        self.what = what
        self.advice = advice


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
