"""What the recommender can learn besides: the ratings of a genre of which it has never met a single film."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from core.language import text
from core.tasks.adapting import choose_examples
from core.tasks.assets import Assets
from core.tasks.base import SPLITS
from core.tasks.recommender.data import SOURCE, Films, Ratings, read_ratings
from core.tasks.recommender.networks import NCF
from core.tasks.targets import Target

GENRES: Mapping[str, str] = {"genre-horror": "Horror"}
"""Name of a target -> the genre, as MovieLens writes it. Horror parts opinions: its ratings spread most of all."""

TARGETS: Mapping[str, Target] = {
    "genre-horror": Target(
        "genre-horror",
        text("Horror films, of which it knows none"),
        text(
            "The network was trained anew without a single rating of a horror film, so it knows the people "
            "and all other films. Its numbers of the 872 horror films begin as the mean of all other films."
        ),
        SOURCE,
        (50, 200, 1_000),
    )
}


@dataclass(frozen=True, eq=False)
class GenreRatings:
    """Tell ratings of a genre's films from the others."""

    films: Films
    genre: str

    @functools.cached_property
    def inside(self) -> torch.Tensor:
        """Which films are of the genre, bool (films,)."""
        return self.films.of_genre(self.genre)

    def within(self, ratings: Ratings) -> Ratings:
        """Keep the ratings of the genre's films."""
        return ratings.part(self.inside[ratings.pairs[:, 1]])

    def without(self, ratings: Ratings) -> Ratings:
        """Keep the ratings of all other films."""
        return ratings.part(~self.inside[ratings.pairs[:, 1]])


def without_genre_file(target: str) -> str:
    """Return the path of the network that was trained without a target's genre."""
    return f"models/movielens-ncf-without-{target.removeprefix('genre-')}.safetensors"


def target_ratings(
    assets: Assets, of_genre: GenreRatings, examples: int | None, seed: int
) -> tuple[Callable[[str], Ratings], dict[str, int]]:
    """Return the ratings of a genre's films, of training ratings those that may be seen, and how many each split has.

    Raises BadInput for more than there are, TaskUnavailable when a file is not as shipped.
    """
    parts = {split: of_genre.within(read_ratings(assets, split)) for split in SPLITS}
    train = parts["train"]
    parts["train"] = train.part(choose_examples(torch.zeros(len(train.stars)), examples, seed))
    return parts.__getitem__, {split: len(each.stars) for split, each in parts.items()}


@torch.no_grad()
def forget_films(model: NCF, inside: torch.Tensor) -> NCF:
    """Give all films of a genre, bool (films,), the mean row of the others; works on the model itself."""
    model.film.weight[inside] = model.film.weight[~inside].mean(0)
    return model
