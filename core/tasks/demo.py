"""Something to try a model on by hand: a question that a page can ask, and an answer that it can show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass(frozen=True)
class Answer:
    """What a model says to one question, as plain data.

    said: the answer in a few words.
    rows: the same at length, as the lines of a table.
    image: a picture that goes with it (PNG, or GIF if it moves), as bytes.
    """

    said: str
    rows: tuple[Mapping[str, Any], ...] = ()
    image: bytes | None = None


@dataclass(frozen=True, eq=False)
class UploadAdapter:
    """How what people bring becomes inputs.

    kind: "picture" or "text".
    inputs: (pictures or texts) -> one batch of inputs; raises BadInput for what no model can answer.
    picked: which of the network's answers stand for the classes, in their order; None for all.
    aliases: other names that folders and labels may have -> the class that each stands for.
    check: one picture or text -> nothing; raises BadInput if no model can answer it. None: texts are tried by `inputs`.
    multi: whether each class is a label by itself, so that an example may have several of them, or none.
    how_much: one text -> how much of it the network reads, as a sentence; "" where it reads all. None: always all.
    """

    kind: str
    inputs: Callable[[list[Any]], Tensor]
    picked: list[int] | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[Any], object] | None = None
    multi: bool = False
    how_much: Callable[[Any], str] | None = None


def _nothing(dense: Answer, other: Answer) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class Demo:
    """A question for a model of one field.

    invitation: what to do, as the heading of the panel.
    label: what the question's own box is called.
    start: what stands in it first; a number if `answer` takes a number, else a text.
    answer: (model, question) -> Answer; raises BadInput with advice for what cannot be answered.
    compare: (what the dense model says, what another one says) -> a sentence on what changed, or "".
    help: a sentence of help.
    """

    invitation: str
    label: str
    start: int | str
    answer: Callable[[nn.Module, Any], Answer]
    compare: Callable[[Answer, Answer], str] = field(default=_nothing)
    help: str = ""
