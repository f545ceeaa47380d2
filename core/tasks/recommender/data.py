"""Films and the stars that people gave them (MovieLens): the ratings that ship, and who is well known."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core.tasks.asset_files import load_arrays, load_json
from core.tasks.assets import Assets

SOURCE = (
    "MovieLens latest-small of 2016 (Harper and Konstan 2015; GroupLens terms: no commercial use without permission)"
)

COLD_BELOW = (400, 200, 100, 50, 30)
"""For each strength of the shift "cold users": only users with fewer training ratings than this are judged."""


@dataclass(frozen=True, eq=False)
class Ratings:
    """Hold pairs (n, 2) of user and film number, and the stars given, (n,)."""

    pairs: Tensor
    stars: Tensor

    @property
    def users(self) -> Tensor:
        """The user of each rating, int (n,)."""
        return self.pairs[:, 0]


@dataclass(frozen=True, eq=False)
class RatingData:
    """Hold the ratings of all splits.

    ratings: (split) -> its ratings.
    users: how many users there are.
    titles: of the films, in the order of their numbers.
    """

    ratings: Callable[[str], Ratings]
    users: int
    titles: list[str]

    @cached_property
    def known(self) -> Tensor:
        """How many training ratings there are of each user, int (users,)."""
        return torch.bincount(self.ratings("train").users, minlength=self.users)


def read_titles(assets: Assets) -> list[str]:
    """Read the films' titles. Raises TaskUnavailable when the file is not as shipped."""
    return load_json(assets, "data/movielens-films.json.gz")


def read_ratings(assets: Assets, split: str) -> Ratings:
    """Read the ratings of a split. Raises TaskUnavailable when the file is not as shipped."""
    pairs, stars = load_arrays(assets, f"data/movielens-{split}.npz", "pairs", "stars")
    return Ratings(torch.from_numpy(pairs).long(), torch.from_numpy(stars).float())


def ratings_of_cold_users(data: RatingData, strength: int, split: str) -> Ratings:
    """Return the validation ratings of the users of whom little is known, see COLD_BELOW; other splits stay whole."""
    ratings = data.ratings(split)
    if split != "validation":
        return ratings
    cold = data.known[ratings.users] < COLD_BELOW[strength - 1]
    return Ratings(ratings.pairs[cold], ratings.stars[cold])
