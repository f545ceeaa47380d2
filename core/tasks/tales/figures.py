"""How well a network knows how tales go on: its perplexity, tale by tale too, and what counted pairs reach."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.quality import Quality, mean
from core.tasks.tales.data import Passages, TaleData

PASSAGES_AT_ONCE = 24
"""Passages that a network reads at a time."""

Read = Callable[[str], Passages]
"""(split) -> its passages."""


def next_piece_loss(output: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross entropy of outputs (n, length, pieces) and true next pieces, int (n, length), a scalar."""
    return F.cross_entropy(output.flatten(0, 1), target.flatten(), label_smoothing=smoothing)


def judge(read: Read, model: nn.Module, split: str, limit: int | None) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield what each next piece costs and if it is named, for a growing part of a split or its first `limit` passages.

    Both are (passages so far, length): the cross entropy, in nats, and whether the true piece is the likeliest.
    """
    passages = read(split)
    total = min(limit or len(passages.tale), len(passages.tale))
    costs, named = [], []
    for begin in range(0, total, PASSAGES_AT_ONCE):
        inputs, targets = passages.batch(slice(begin, min(begin + PASSAGES_AT_ONCE, total)))
        with torch.inference_mode():
            output = model(inputs)
        costs.append(F.cross_entropy(output.transpose(1, 2), targets, reduction="none"))
        named.append(output.argmax(-1) == targets)
        yield torch.cat(costs), torch.cat(named)


def perplexity(costs: Tensor, tale: Tensor, split: str) -> Quality:
    """Return exp of the mean cross entropy of passages (n, length), with its interval: other tales could be told.

    tale: whose each passage is, int (n,).
    """
    values = costs.double().mean(1).numpy()
    return mean(values, "Perplexity", split, transform="exp", clusters=tale[: len(values)].numpy())


def score(read: Read, model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
    """Judge a network by its perplexity on a growing part of a split, or of its first `limit` passages."""
    for costs, _ in judge(read, model, split, limit):
        yield perplexity(costs, read(split).tale, split)


def further_figures(read: Read, model: nn.Module, split: str) -> tuple[Quality, ...]:
    """Return how often a network names the next piece rightly."""
    *_, (_, named) = judge(read, model, split, None)
    shares = named.double().mean(1).numpy()
    return (mean(shares, "Next piece named", split, clusters=read(split).tale.numpy()),)


def perplexity_by_tale(read: Read, model: nn.Module, split: str) -> dict[str, Quality]:
    """Return the perplexity of each tale; one too short for a passage is left out."""
    *_, (costs, _) = judge(read, model, split, None)
    passages = read(split)
    owners = torch.arange(len(passages.tale))
    found = {}
    for place, title in enumerate(passages.titles):
        here = passages.tale == place
        if here.any():
            found[title] = perplexity(costs[here], owners[here], split)
    return found


def count_pairs(data: TaleData) -> Tensor:
    """Estimate from the training tales how likely each piece follows each other one: (pieces, pieces), rows sum to 1.

    Source: Witten and Bell 1991, The zero-frequency problem (pairs that never were are together as likely as new ones
    were, shared out by how often the second piece occurs).
    """
    count = data.pieces.count
    pairs, single = torch.zeros(count, count).double(), torch.ones(count).double()
    for numbers in data.encoded("train"):
        pairs.view(-1).index_add_(0, numbers[:-1] * count + numbers[1:], torch.ones(len(numbers) - 1).double())
        single += torch.bincount(numbers, minlength=count)
    total, kinds = pairs.sum(1, keepdim=True), (pairs > 0).sum(1, keepdim=True)
    return (pairs + kinds.clamp(min=1) * single / single.sum()) / (total + kinds.clamp(min=1))


def score_pairs(read: Read, likely: Callable[[], Tensor], split: str) -> Quality:
    """Judge counted pairs, as `count_pairs` returns them, by their perplexity on a split."""
    passages, table = read(split), likely()
    inputs, targets = passages.batch(slice(None))
    return perplexity(-table[inputs, targets].log(), passages.tale, split)
