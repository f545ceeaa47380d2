"""Something to try a model on by hand: a question that a page can ask, and an answer that it can show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from core.errors import BadInput
from core.language import text
from core.tasks.outputs import top_answers


@dataclass(frozen=True)
class Answer:
    """Hold what a model says to one question, as plain data.

    said: the answer in a few words.
    rows: the same at length, as the lines of a table.
    image: a picture that goes with it (PNG, or GIF if it moves), as bytes.
    text: what it wrote, for a model that writes.
    """

    said: str
    rows: tuple[Mapping[str, Any], ...] = ()
    image: bytes | None = None
    text: str = ""


def _nothing(dense: Answer, other: Answer) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class Demo:
    """Ask a question to a model of one field.

    invitation: what to do, as the heading of the panel.
    label: what the question's own box is called.
    start: what stands in it first; a number if `answer` takes a number, else a text.
    answer: (model, question) -> Answer; raises BadInput with advice for what cannot be answered.
    compare: (what the dense model says, what another one says) -> a sentence on what changed, or "".
    help: a sentence of help.
    draw: what the box of a second number is called, 1 or more, which decides what chance brings; "" where there is no
        chance. `answer` then takes it as a third argument.
    """

    invitation: str
    label: str
    start: int | str
    answer: Callable[..., Answer]
    compare: Callable[[Answer, Answer], str] = _nothing
    help: str = ""
    draw: str = ""


def require_number(noun: str, number: int, most: int) -> None:
    """Raise BadInput if a question's number, of a picture or an episode, is not one of 1 to `most`."""
    if not 1 <= number <= most:
        raise BadInput(
            text("There is no {noun} {number}.", noun=noun, number=number), text("Choose 1 to {most:,}.", most=most)
        )


def judged_answer(output: Tensor, classes: Sequence[str], truth: Answer) -> Answer:
    """Answer with the likeliest class of an output (1, classes), and whether it is the true one.

    truth: the example with its true class.
    """
    best, rows = top_answers(output, classes)
    said = text("{best} (right)", best=best)
    if best != truth.said:
        said = text("{best} (it is: {truth})", best=best, truth=truth.said)
    return Answer(said, tuple(rows), truth.image)


def compare_classes(dense: Answer, other: Answer) -> str:
    """Say whether two classifiers answer alike."""
    first, second = (answer.rows[0]["Answer"] if answer.rows else None for answer in (dense, other))
    return text("Both say the same.") if first == second else text("They do not say the same.")
