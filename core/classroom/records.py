"""What a class is made of, as the store has it: where it is, who is in it, and what they guessed."""

from dataclasses import dataclass

from core.errors import PlaygroundError
from core.language import text

TEACHER, LEARNER = "teacher", "learner"

REMOVED = "removed"
"""Role of a row without a name, that keeps the number of a removed learner so that nobody else is given it."""

ACTIVITIES = ("lesson", "challenge", "quiz")

WAIT, GUESS, SHOWN = "wait", "guess", "shown"
"""Where the class is with a guess: not yet asked, being made, and laid beside the truth."""

PHASES = (WAIT, GUESS, SHOWN)


class ClassOver(PlaygroundError):
    """Say that a class is not there: deleted, too old, or never opened."""

    def __init__(self) -> None:
        super().__init__(
            text(
                "There is no such class: its teacher has deleted it, its 30 days are over, or the code is another one."
            ),
            text("Ask your teacher for the code."),
        )


class RemovedFromClass(PlaygroundError):
    """Say that a learner is not in a class any more, since its teacher has removed them."""

    def __init__(self) -> None:
        super().__init__(
            text("Your teacher has removed you from the class, with all that you guessed, submitted and answered."),
            text("You can join again with the code of the class."),
        )


@dataclass(frozen=True)
class Status:
    """Hold where a class is: one row of the store, which is all that a page reads while nothing changes.

    version: one more with every change of anything in the class.
    activity: one of ACTIVITIES; subject: name of the lesson or challenge, or which quiz; "" for none yet.
    step: of the lesson, from 0; phase: of a guess, one of PHASES; free: whether all go at their own pace.
    created: seconds since 1970.
    """

    code: str
    version: int
    activity: str
    subject: str
    step: int
    phase: str
    free: bool
    created: float

    @property
    def place(self) -> tuple[str, str, int, bool, str]:
        """What everybody's page shows; other changes only add to it."""
        return *self.place_without_phase, self.phase

    @property
    def place_without_phase(self) -> tuple[str, str, int, bool]:
        """Which step everybody's page shows, wherever the class is with its guess."""
        return self.activity, self.subject, self.step, self.free


@dataclass(frozen=True)
class Member:
    """Hold one browser in a class: number, role, nickname ("" for a teacher), and whether it has not left."""

    id: int
    role: str
    name: str
    here: bool


@dataclass(frozen=True)
class Guess:
    """Hold one guess: whose, at which step of which lesson, and the number or the place of the option, from 0."""

    member: int
    lesson: str
    step: str
    value: float
