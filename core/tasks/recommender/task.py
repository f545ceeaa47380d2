"""Film ratings (MovieLens): how well a network guesses the stars that somebody would give a film."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.tasks.asset_files import load_weights
from core.tasks.assets import Assets
from core.tasks.base import SPLITS, Task, TaskInfo, prunable_parameters
from core.tasks.demo import Answer, Demo, require_number
from core.tasks.recommender.data import (
    SOURCE,
    RatingData,
    Ratings,
    ratings_of_cold_users,
    read_ratings,
    read_titles,
)
from core.tasks.recommender.figures import (
    TOP,
    further_figures,
    guess,
    hidden_films,
    rmse_by_group,
    score,
    score_averages,
    training_averages,
)
from core.tasks.recommender.networks import NCF
from core.tasks.records import Baseline, Batch, BatchRequest, ExtraFigures, Inputs, Packaging, Training

NAME = "movielens-ncf"

TRAINED = "trained by this project"

RECIPE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"epochs": 3, "batch_size": 256},
    "careful": {"epochs": 10, "batch_size": 256},
    "textbook": {"learning_rate": 1e-3, "batch_size": 32},
}

INPUTS = (
    "pairs of user number (0 to 670) and film number (0 to 9,065; films.json lists them in this order). It answers "
    "with one number a pair: the stars (0.5 to 5) that the user would give."
)


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the recommendation task, if it ships."""
    return [info(NAME, assets.manifest["models"][NAME]["parameters"])] if NAME in assets.manifest["models"] else []


def info(name: str, parameters: int) -> TaskInfo:
    """Describe the network for the catalogue."""
    return TaskInfo(
        name,
        "Neural collaborative filter - film ratings (MovieLens)",
        "recommendation",
        "RMSE",
        parameters,
        SOURCE,
        shipped=True,
        about="Guesses how many stars a person would give a film, from the ratings of 671 people.",
        weights=TRAINED,
    )


def load(assets: Assets, name: str) -> Task:
    """Load the shipped network and its ratings. Raises TaskUnavailable when a file is not as shipped."""
    titles = read_titles(assets)
    counts = assets.manifest["data"]["movielens"]["splits"]
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        load_network(assets, f"models/{name}.safetensors", len(titles)),
        functools.cache(functools.partial(read_ratings, assets)),
        {split: counts[split] for split in SPLITS},
        titles,
        functools.partial(load_network, assets, f"models/{name}-early.safetensors", len(titles)),
    )


def load_network(assets: Assets, file: str, films: int) -> NCF:
    """Load one state of the network. Raises TaskUnavailable when the file is not as shipped."""
    model = NCF(films=films)
    load_weights(assets, file, model)
    return model


def make_task(
    about: TaskInfo,
    model: NCF,
    ratings: Callable[[str], Ratings],
    counts: Mapping[str, int],
    titles: list[str],
    early: Callable[[], nn.Module | None] = lambda: None,
) -> Task:
    """Join a network and ratings to a task.

    ratings: (split) -> its ratings; counts: split -> how many there are.
    titles: of the films, in the order of their numbers.
    early: () -> the network as it was early in its training, or None.
    """
    data = RatingData(ratings, model.user.num_embeddings, titles)
    hidden = functools.cache(functools.partial(hidden_films, data))
    averages = functools.cache(functools.partial(training_averages, data))
    remake = functools.partial(make_task, about, model, titles=titles, early=early)
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=torch.zeros(1, 2, dtype=torch.long),
        inputs=Inputs(INPUTS),
        training=Training((), RECIPE_DEFAULTS, early, functools.partial(NCF, films=len(titles)), squared_error),
        score=functools.partial(score, data),
        draw=functools.partial(draw_batches, data),
        loss=squared_error,
        count=counts.__getitem__,
        opt_in_parameters=("user.weight", "film.weight"),
        extra=ExtraFigures(
            functools.partial(further_figures, data, hidden),
            groups=functools.partial(rmse_by_group, data),
            baseline=Baseline("averages of users and films", functools.partial(score_averages, data, averages)),
        ),
        shifts={"cold users": functools.partial(cold_users_task, remake, data, counts)},
        demo=Demo(
            "Compare the ten films both networks would recommend",
            "User number",
            15,
            functools.partial(recommend, data),
            compare_recommendations,
            "One of the 671 people who rated films; what they have rated is left out.",
        ),
        packaging=Packaging({"films.json": json.dumps(titles, ensure_ascii=False).encode()}),
    )


def cold_users_task(
    remake: Callable[[Callable[[str], Ratings], Mapping[str, int]], Task],
    data: RatingData,
    counts: Mapping[str, int],
    strength: int,
) -> Task:
    """Make the same task with validation ratings of cold users only, at a strength of 1 to 5."""
    ratings = functools.cache(functools.partial(ratings_of_cold_users, data, strength))
    return remake(ratings, {**counts, "validation": len(ratings("validation").stars)})


def draw_batches(data: RatingData, request: BatchRequest) -> Iterator[Batch]:
    """Yield shuffled pairs with the stars that were given."""
    ratings = data.ratings(request.split)
    for chosen in request.shuffled(len(ratings.stars)):
        yield ratings.pairs[chosen], ratings.stars[chosen]


def squared_error(output: Tensor, wanted: Tensor, softness: float = 0.0) -> Tensor:
    """Return the mean squared error of guesses (n,), against given stars or a teacher's guesses.

    softness: label smoothing or a teacher's temperature; is ignored, for there are no classes.
    """
    return F.mse_loss(output, wanted)


def recommend(data: RatingData, model: nn.Module, number: int) -> Answer:
    """List the TOP films that a user, 1 to all, has not rated and would like best. Raises BadInput for another one."""
    require_number("user", number, data.users)
    films = torch.arange(len(data.titles))
    guessed = guess(model, torch.stack([torch.full_like(films, number - 1), films], 1))
    if not guessed.isfinite().all():
        return Answer("no answer: its guesses are not numbers")
    seen = data.ratings("train").pairs
    guessed[seen[seen[:, 0] == number - 1, 1]] = -torch.inf
    best = guessed.argsort(descending=True, stable=True)[:TOP].tolist()
    rows = tuple({"Film": data.titles[film], "Stars": round(float(guessed[film]), 2)} for film in best)
    return Answer(f"Known: {int(data.known[number - 1])} ratings", rows)


def compare_recommendations(dense: Answer, other: Answer) -> str:
    """Say how many recommendations are the same."""
    both = {row["Film"] for row in dense.rows} & {row["Film"] for row in other.rows}
    return f"{len(both)} of the {len(dense.rows)} films stayed."
