"""What a pretrained network can be adapted to: other data, another domain, another person."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """Describe other data that a network can learn.

    name: what `load(name, target=...)` takes and a link carries.
    title: what people read in the list.
    about: what changes from what the network knows, in one or two sentences.
    source: where the data comes from, with its licence.
    counts: the numbers of training examples that are worth comparing, smallest first, without "all".
    endless: how many "all" stands for where examples are made and have no end; None elsewhere.
    """

    name: str
    title: str
    about: str
    source: str
    counts: tuple[int, ...] = (10, 50, 200)
    endless: int | None = None
