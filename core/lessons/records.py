"""What a lesson is made of: a question, and steps to guess, to see, to read, and to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Measured:
    """Name something that is measured when it is shown: what, and of which network.

    what: one of the names that the page knows, as "quality" or "zipped-share".
    given: further words, as they would stand in a link: {"model": "fashion-lenet5", "threshold": "90"}.
    """

    what: str
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Predict:
    """Ask for a guess before anything is shown.

    id: under which the guess is kept; ask: the question.
    low, high, unit: of the slider that takes a number; options: what can be chosen in its place.
    truth: what is measured and laid beside the guess; of options, their measures in order, the largest of which is
        right, or the smallest if `smallest` is set.
    """

    id: str
    ask: str
    truth: tuple[Measured, ...]
    low: float = 0.0
    high: float = 100.0
    unit: str = ""
    options: tuple[str, ...] = ()
    smallest: bool = False


@dataclass(frozen=True)
class Live:
    """Show a part of the app on a real network: `part.what` names it, `part.given` what it begins with."""

    part: Measured


@dataclass(frozen=True)
class Explain:
    """Explain in a few paragraphs of Markdown; `{NAME}` stands for a figure of `figures`, measured when shown."""

    text: str
    figures: Mapping[str, Measured] = field(default_factory=dict)


@dataclass(frozen=True)
class Review:
    """Ask a question of the kind that job interviews have: answers, which of them is right, and why."""

    ask: str
    answers: tuple[str, ...]
    right: int
    why: str


Step = Predict | Live | Explain | Review


@dataclass(frozen=True)
class Lesson:
    """Hold one lesson.

    name: of its file, without the ending; title, question: what people read first; minutes: how long it takes.
    paper: where its subject comes from, with a link; steps: in their order.
    """

    name: str
    title: str
    question: str
    minutes: int
    paper: str
    steps: tuple[Step, ...]

    @property
    def predictions(self) -> tuple[Predict, ...]:
        """The guesses that it asks for."""
        return tuple(step for step in self.steps if isinstance(step, Predict))

    @property
    def reviews(self) -> tuple[Review, ...]:
        """The questions at its end."""
        return tuple(step for step in self.steps if isinstance(step, Review))
