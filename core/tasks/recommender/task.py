"""Film ratings (MovieLens): how well a network guesses the stars that somebody would give a film."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.language import text
from core.tasks.adapting import adapted_info, adapting_defaults, starting_network
from core.tasks.asset_files import load_weights
from core.tasks.assets import Assets
from core.tasks.base import SPLITS, Task, TaskInfo, prunable_parameters
from core.tasks.demo import Demo
from core.tasks.names import TaskName
from core.tasks.recommender.data import (
    SOURCE,
    Films,
    RatingData,
    Ratings,
    ratings_of_cold_users,
    read_films,
    read_ratings,
)
from core.tasks.recommender.figures import (
    further_figures,
    hidden_films,
    rmse_by_group,
    score,
    score_averages,
    training_averages,
)
from core.tasks.recommender.networks import NCF, fresh_network
from core.tasks.recommender.recommending import compare_recommendations, recommend
from core.tasks.recommender.targets import (
    GENRES,
    TARGETS,
    GenreRatings,
    forget_films,
    target_ratings,
    without_genre_file,
)
from core.tasks.records import Baseline, Batch, BatchRequest, ExtraFigures, Inputs, Packaging, Training
from core.tasks.targets import Target

NAME = "movielens-ncf"

TRAINED = text("trained by this project")

RECIPE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"epochs": 3, "batch_size": 256},
    "careful": {"epochs": 10, "batch_size": 256},
    "textbook": {"learning_rate": 1e-3, "batch_size": 32},
}

ADAPTING: Mapping[str, Any] = {"learning_rate": 1e-3, "weight_decay": 5e-5}
"""Choices for learning few ratings that are new."""

GENTLE_RATE, MANY_RATINGS = 3e-4, 2_000
"""Learning rate of a pretrained network that learns fewer new ratings than that, so that it keeps what it knows."""

ADAPTING_STEPS = 200
"""Steps of the quick preset for them."""

INPUTS = text("pairs of user number (0 to 670) and film number (0 to 9,065; films.json lists them in this order).")

ANSWERS = text("It answers with one number a pair: the stars (0.5 to 5) that the user would give.")


@dataclass(frozen=True, eq=False)
class RatingTask(Task):
    """Hold a task of ratings with the ratings themselves, for what goes on beyond them: one person's list.

    data: the ratings of all splits; films: what the films are, None where only their titles are known.
    """

    data: RatingData | None = None
    films: Films | None = None


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the recommendation task, if it ships."""
    return [info(NAME, assets.manifest["models"][NAME]["parameters"])] if NAME in assets.manifest["models"] else []


def info(name: str, parameters: int) -> TaskInfo:
    """Describe the network for the catalogue."""
    return TaskInfo(
        name,
        text("Neural collaborative filter - film ratings (MovieLens)"),
        "recommendation",
        "RMSE",
        parameters,
        SOURCE,
        shipped=True,
        about=text("Guesses how many stars a person would give a film, from the ratings of 671 people."),
        weights=TRAINED,
    )


def load(assets: Assets, name: str) -> Task:
    """Load the shipped network and its ratings. Raises TaskUnavailable when a file is not as shipped."""
    films = read_films(assets)
    titles = films.titles
    counts = assets.manifest["data"]["movielens"]["splits"]
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        load_network(assets, f"models/{name}.safetensors", len(titles)),
        functools.cache(functools.partial(read_ratings, assets)),
        {split: counts[split] for split in SPLITS},
        titles,
        functools.partial(load_network, assets, f"models/{name}-early.safetensors", len(titles)),
        films,
    )


def targets(name: str) -> tuple[Target, ...]:
    """List what the network can learn besides."""
    return tuple(TARGETS.values())


def adapt(assets: Assets, name: TaskName) -> Task:
    """Load the network that never met a genre as it begins to learn its ratings.

    Raises TaskUnavailable when a file is not as shipped, BadInput for more examples than there are.
    """
    films = read_films(assets)
    of_genre = GenreRatings(films, GENRES[name.target])
    ratings, counts = target_ratings(assets, of_genre, name.examples, name.seed)
    body = load_network(assets, without_genre_file(name.target), len(films.titles))
    mean = float(ratings("train").stars.mean())
    build = functools.partial(fresh_network, body.user.num_embeddings, len(films.titles), mean)
    model = cast(NCF, starting_network(forget_films(body, of_genre.inside), build, name))
    about = adapted_info(info(name.network, 0), name, TARGETS[name.target], model)
    task = make_task(about, model, ratings, counts, films.titles, films=films, offered=of_genre.inside)
    gentle = name.start == "pretrained" and counts["train"] < MANY_RATINGS
    training = adapting_training(task, build, counts["train"], GENTLE_RATE if gentle else ADAPTING["learning_rate"])
    return replace(task, training=replace(training, before=functools.partial(task_before, assets, of_genre, body)))


def task_before(assets: Assets, of_genre: GenreRatings, body: NCF) -> Task:
    """Return the task that the network learned which never met a genre: the ratings of all other films."""
    ratings = functools.cache(lambda split: of_genre.without(read_ratings(assets, split)))
    counts = {split: len(ratings(split).stars) for split in SPLITS}
    films, about = of_genre.films, info(NAME, 0)
    about = replace(
        about, title=text("{title}, without {genre} films", title=about.title, genre=of_genre.genre.lower())
    )
    return make_task(about, body, ratings, counts, films.titles, films=films, offered=~of_genre.inside)


def adapting_training(
    task: Task, build: Callable[[], nn.Module], examples: int, rate: float = ADAPTING["learning_rate"]
) -> Training:
    """Say how a network learns so many ratings that are new to it."""
    defaults = {
        preset: {**choices, **ADAPTING, "learning_rate": rate}
        for preset, choices in adapting_defaults(examples, ADAPTING_STEPS).items()
    }
    return replace(task.training, recipe_defaults=defaults, fresh=build)


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
    films: Films | None = None,
    offered: Tensor | None = None,
) -> RatingTask:
    """Join a network and ratings to a task.

    ratings: (split) -> its ratings; counts: split -> how many there are.
    titles: of the films, in the order of their numbers.
    early: () -> the network as it was early in its training, or None.
    films: what the films are, None where only their titles are known.
    offered: which films are recommended at all, bool (films,); None for all of them.
    """
    data = RatingData(ratings, model.user.num_embeddings, titles, offered)
    hidden = functools.cache(functools.partial(hidden_films, data))
    averages = functools.cache(functools.partial(training_averages, data))
    remake = functools.partial(make_task, about, model, titles=titles, early=early, films=films, offered=offered)
    return RatingTask(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=torch.zeros(1, 2, dtype=torch.long),
        inputs=Inputs(INPUTS, answers=ANSWERS),
        training=Training((), RECIPE_DEFAULTS, early, functools.partial(NCF, films=len(titles)), squared_error),
        score=functools.partial(score, data),
        draw=functools.partial(draw_batches, data),
        loss=squared_error,
        count=counts.__getitem__,
        opt_in_parameters=("user.weight", "film.weight"),
        extra=ExtraFigures(
            functools.partial(further_figures, data, hidden),
            groups=functools.partial(rmse_by_group, data),
            baseline=Baseline(text("averages of users and films"), functools.partial(score_averages, data, averages)),
        ),
        shifts={text("cold users"): functools.partial(cold_users_task, remake, data, counts)},
        demo=Demo(
            text("Compare the ten films both networks would recommend"),
            text("User number"),
            min(15, data.users),
            functools.partial(recommend, data),
            compare_recommendations,
            text("One of the {users:,} people who rated films; what they have rated is left out.", users=data.users),
        ),
        packaging=Packaging({"films.json": json.dumps(titles, ensure_ascii=False).encode()}, built_by(model)),
        data=data,
        films=films,
    )


def built_by(model: NCF) -> tuple[str, str, str]:
    """Say how a download builds a network: of as many users and films as it knows, which people may have added to."""
    return "model", "NCF", f"users={model.user.num_embeddings}, films={model.film.num_embeddings}"


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
