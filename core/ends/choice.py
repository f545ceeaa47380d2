"""One width a layer, so that the network is as fast as can be for what it loses: exact, over a table of both.

The search of ZipLM (Kurtic, Frantar, Alistarh 2023, ZipLM: inference-aware structured pruning of language models), as
one sweep over layers that keeps every total that no other one beats, so that all speeds are answered at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MOST = 4_000
"""Totals that are kept after each layer; beyond that one for each of so many equal steps of cost, the least lossy."""


@dataclass(frozen=True)
class Option:
    """What one width of one layer costs and loses, in units that add up over layers."""

    cost: float
    loss: float


@dataclass(frozen=True)
class Choice:
    """A width for each layer, as places in its table, and what all of them together cost and lose."""

    cost: float
    loss: float
    picks: tuple[int, ...]

    @property
    def speed(self) -> float:
        """The share of the dense time that it takes, where costs are logarithms of such shares."""
        return math.exp(self.cost)


def best_choices(tables: Sequence[Sequence[Option]], most: int = MOST) -> list[Choice]:
    """Return the choices that no other one beats in both cost and loss, the cheapest first.

    tables: of each layer its options, at least one. With at most `most` such choices they are exactly those of all
    combinations.
    """
    found = [Choice(0.0, 0.0, ())]
    for options in tables:
        reached = [
            Choice(each.cost + option.cost, each.loss + option.loss, (*each.picks, place))
            for each in found
            for place, option in enumerate(options)
        ]
        found = _thinned(unbeaten(reached), most)
    return found


def unbeaten(choices: Sequence[Choice]) -> list[Choice]:
    """Return those of which no other one costs at most as much and loses at most as much; the cheapest first."""
    found: list[Choice] = []
    for each in sorted(choices, key=lambda each: (each.cost, each.loss, each.picks)):
        if not found or each.loss < found[-1].loss:
            found.append(each)
    return found


def spread(choices: Sequence[Choice], most: int) -> list[Choice]:
    """Return at most so many of the choices, about evenly over what they cost, with the first and the last."""
    return _thinned(choices, most)


def _thinned(choices: Sequence[Choice], most: int) -> list[Choice]:
    """Keep the cheapest, and of each equal step of cost above it the last one, which loses least there."""
    if len(choices) <= most:
        return list(choices)
    lowest, width = choices[0].cost, (choices[-1].cost - choices[0].cost) / (most - 1)
    kept = {math.ceil((each.cost - lowest) / width): each for each in choices}
    return [choices[0], *(each for step, each in sorted(kept.items()) if step)]


def monotone(values: Sequence[float]) -> list[float]:
    """Return the rising numbers that are nearest to these in least squares: what a wider layer takes, without noise.

    Neighbours that fall are put together at their mean until none does (pool adjacent violators; Barlow et al. 1972).
    """
    pools: list[tuple[float, int]] = []
    for value in values:
        total, count = float(value), 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            before, many = pools.pop()
            total, count = total + before, count + many
        pools.append((total, count))
    return [total / count for total, count in pools for _ in range(count)]
