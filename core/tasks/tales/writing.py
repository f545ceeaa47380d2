"""Let a network write: from a beginning and a seed, one word piece after the other."""

import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text
from core.tasks.demo import Answer
from core.tasks.outputs import SURE
from core.tasks.tales.pieces import Pieces, plain_text

LENGTH, TEMPERATURE = 60, 0.7
"""Pieces that are written; how the likeliness of pieces is sharpened before one is drawn, 1 leaves it as it is."""

LONGEST, SEEDS, SHOWN = 2_000, 10_000, 5
"""Characters that a beginning may have; the highest number of a seed; likeliest first pieces that are listed."""


def write(model: nn.Module, beginning: list[int], context: int, seed: int, length: int = LENGTH) -> list[int]:
    """Draw so many pieces after a beginning, one after the other, each by how likely the network finds it.

    context: the most pieces that the network reads; seed: decides every draw. The luck of each piece at each place is
    the same in all networks, so that two of them write alike for as long as they think alike. Ends early where a
    network's answers are not numbers.
    Source: Gumbel 1954, Statistical theory of extreme values (the largest of noisy logarithms is a draw).
    """
    generator, written = torch.Generator().manual_seed(seed), list(beginning)
    for _ in range(length):
        likely = next_pieces(model, written[-context:], TEMPERATURE)
        if not likely.isfinite().all():
            break
        luck = -torch.empty_like(likely).exponential_(generator=generator).log()
        written.append(int((likely.log() + luck).argmax()))
    return written[len(beginning) :]


def next_pieces(model: nn.Module, before: list[int], temperature: float = 1.0) -> Tensor:
    """Return how likely each piece comes next, float64 (pieces,)."""
    with torch.inference_mode():
        return (model(torch.tensor([before]))[0, -1].double() / temperature).softmax(0)


def write_on(pieces: Pieces, context: int, model: nn.Module, beginning: str, seed: int = 1) -> Answer:
    """Go on with a beginning that somebody typed, and list what the network finds likeliest right after it.

    Raises BadInput for a beginning that is empty, too long or has no character of the tales, and for an unknown seed.
    """
    numbers = read_beginning(pieces, beginning)
    if not 1 <= seed <= SEEDS:
        raise BadInput(text("There is no draw {seed}.", seed=seed), text("Choose 1 to {seeds:,}.", seeds=SEEDS))
    likely = next_pieces(model, numbers[-context:])
    if not likely.isfinite().all():
        return Answer(text("no answer: what it rates pieces by is not a number"))
    best = likely.argsort(descending=True, stable=True)[:SHOWN].tolist()
    after: str = text("Next piece")
    rows = tuple({after: pieces.decode([i]), SURE: round(100 * float(likely[i]), 1)} for i in best)
    written = pieces.decode(write(model, numbers, context, seed))
    return Answer(text('finds "{best}" likeliest', best=pieces.decode(best[:1]).strip()), rows, text=written.strip())


def read_beginning(pieces: Pieces, typed: str) -> list[int]:
    """Return the pieces of a beginning that somebody typed. Raises BadInput where it is empty, too long or unknown."""
    if len(typed) > LONGEST:
        raise BadInput(
            text("This beginning has {count:,} characters.", count=len(typed)),
            text("Give at most {longest:,}.", longest=LONGEST),
        )
    numbers = pieces.encode(plain_text(typed))
    if not any(pieces.decode([number]).strip() for number in numbers):
        raise BadInput(text("There is nothing here that a tale could begin with."), text("Type a few English words."))
    return numbers


def compare_writing(dense: Answer, other: Answer) -> str:
    """Say how far two networks wrote the same."""
    if dense.text == other.text:
        return text("It writes the same, word for word.")
    first, second = dense.text.split(), other.text.split()
    same = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    return (
        text("The first {same} words are the same.", same=same)
        if same
        else text("Not even the first word is the same.")
    )
