"""Build what the recommender adapts from and to: what films are, and a network that never met a horror film."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import save as save_safetensors

from core.build.recommender import RECIPES, USERS, films_of, read_table
from core.build.training import train
from core.tasks.assets import Assets
from core.tasks.base import SPLITS
from core.tasks.recommender.data import FILMS_DATA, read_films, read_ratings, read_titles
from core.tasks.recommender.networks import fresh_network
from core.tasks.recommender.targets import GENRES, GenreRatings, without_genre_file
from core.tasks.recommender.task import NAME, info, make_task

DATA = (FILMS_DATA,)
"""What this module builds beside a network that has no place in the catalogue."""


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Store identifiers, years and genres of the films, then train a network for each genre that is left out."""
    content = describe(films_of(read_table(folder)))
    assets.write(f"data/{name}-details.json.gz", gzip.compress(json.dumps(content).encode(), 9, mtime=0))
    assets.manifest["data"][name] = {
        **{key: assets.manifest["data"]["movielens"][key] for key in ("licence", "source")},
        "splits": {},
        "how": "identifier, year and genres of each film, in the order of their numbers",
        "bodies": {target: train_without(target, assets) for target in GENRES},
    }


def describe(films: pd.DataFrame) -> dict[str, Sequence[object]]:
    """Return identifiers, years (0 for unknown) and genres of films, each in the order of their numbers."""
    return {
        "ids": [int(each) for each in films["movieId"]],
        "years": [int(each) for each in films["year"].fillna(0)],
        "genres": [[] if each.startswith("(") else each.split("|") for each in films["genres"].astype(str)],
    }


def train_without(target: str, assets: Assets) -> Mapping[str, object]:
    """Train the network on all ratings but those of one genre, store it, and return how and how good it is."""
    titles, films = read_titles(assets), read_films(assets)
    others = {split: GenreRatings(films, GENRES[target]).without(read_ratings(assets, split)) for split in SPLITS}
    counts = {split: len(ratings.stars) for split, ratings in others.items()}
    recipe = RECIPES[NAME]
    torch.manual_seed(recipe.seed)
    model = fresh_network(USERS, len(titles), float(others["train"].stars.mean()))
    task = make_task(info(NAME, 0), model, others.__getitem__, counts, titles)
    _, trained = train(task, recipe, 0)
    assets.write(without_genre_file(target), save_safetensors(trained.state_dict()))
    figures = {split: task.evaluate(trained, split) for split in ("validation", "test")}
    return {
        "recipe": recipe.to_dict(),
        "ratings": counts,
        "figures": {split: {"rmse": each.value, "n": each.n} for split, each in figures.items()},
    }
