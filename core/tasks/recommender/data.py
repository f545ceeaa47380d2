"""Films and the stars that people gave them (MovieLens): the ratings that ship, and who is well known."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core.language import text
from core.tasks.asset_files import load_arrays, load_json
from core.tasks.assets import Assets

SOURCE = text(
    "MovieLens latest-small of 2016 (Harper and Konstan 2015; GroupLens terms: no commercial use without permission)"
)

FILMS_DATA = "movielens-films"
"""The manifest's name of what films are."""

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

    def part(self, chosen: Tensor) -> "Ratings":
        """Return some of the ratings, by their places or by a mask."""
        return Ratings(self.pairs[chosen], self.stars[chosen])


@dataclass(frozen=True, eq=False)
class Films:
    """Say what films are, each field in the order of their numbers.

    ids: as MovieLens numbers them; years: of their first showing, 0 for unknown.
    """

    titles: list[str]
    ids: list[int]
    years: list[int]
    genres: list[list[str]]

    def label(self, film: int) -> str:
        """Return the title with the year, for several films have the same title."""
        year = self.years[film]
        return f"{self.titles[film]} ({year})" if year else self.titles[film]

    def of_genre(self, genre: str) -> Tensor:
        """Return which films are of a genre, bool (films,); a film may be of several."""
        return torch.tensor([genre in each for each in self.genres])


@dataclass(frozen=True, eq=False)
class RatingData:
    """Hold the ratings of all splits.

    ratings: (split) -> its ratings.
    users: how many users there are.
    titles: of the films, in the order of their numbers.
    offered: which films are recommended at all, bool (films,); None for all of them.
    """

    ratings: Callable[[str], Ratings]
    users: int
    titles: list[str]
    offered: Tensor | None = None

    @cached_property
    def known(self) -> Tensor:
        """How many training ratings there are of each user, int (users,)."""
        return torch.bincount(self.ratings("train").users, minlength=self.users)


def read_titles(assets: Assets) -> list[str]:
    """Read the films' titles. Raises TaskUnavailable when the file is not as shipped."""
    return load_json(assets, "data/movielens-films.json.gz")


def read_films(assets: Assets) -> Films:
    """Read what the films are. Raises TaskUnavailable when a file is not as shipped."""
    details = load_json(assets, f"data/{FILMS_DATA}-details.json.gz")
    return Films(read_titles(assets), details["ids"], details["years"], details["genres"])


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
