"""Film ratings (MovieLens): how well a network guesses what somebody would give a film."""

import functools
import gzip
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from core.errors import BadInput, TaskUnavailable
from core.quality import Quality, mean, share
from core.tasks.assets import Assets
from core.tasks.base import (
    SPLITS,
    Baseline,
    Batch,
    BatchRequest,
    ExtraFigures,
    Inputs,
    Packaging,
    Task,
    TaskInfo,
    Training,
    prunable_parameters,
)
from core.tasks.demo import Answer, Demo
from core.tasks.recommender.networks import NCF

NAME = "movielens-ncf"

KNOWN = {"under 25 ratings known": 25, "25 to 74": 75, "75 to 199": 200, "200 and more": 10**9}
"""How much is known of a user, from cold to warm: name -> below how many training ratings."""

COLD = (400, 200, 100, 50, 30)
"""Strength of "cold users": only those with fewer training ratings than this are judged."""

DAMPING = 5.0
"""How many average ratings the baseline adds to each user and film, so that a single one does not decide."""

LIKED, AMONG, BEST = 4.0, 100, 10
"""Stars from which a film counts as liked; how many films it is hidden among; how many are looked at."""

SLICE = 10_000
"""Pairs that are judged at a time."""

RECIPE_DEFAULTS = {
    "quick": {"epochs": 3, "batch_size": 256},
    "careful": {"epochs": 10, "batch_size": 256},
    "textbook": {"learning_rate": 1e-3, "batch_size": 32},
}

INPUTS = (
    "pairs of user number (0 to 670) and film number (0 to 9,065; films.json lists them in this order). It answers "
    "with one number a pair: the stars (0.5 to 5) that the user would give."
)

SOURCE = (
    "MovieLens latest-small of 2016 (Harper and Konstan 2015; GroupLens terms: no commercial use without permission)"
)
TRAINED = "trained by this project"


@dataclass(frozen=True, eq=False)
class Ratings:
    """Pairs (n, 2) of user and film number, and the stars given, (n,)."""

    pairs: Tensor
    stars: Tensor


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the recommendation task, if it ships."""
    return [info(NAME, assets.manifest["models"][NAME]["parameters"])] if NAME in assets.manifest["models"] else []


def load(assets: Assets, name: str) -> Task:
    """Load the shipped network and its ratings. Raises TaskUnavailable when a file is not as shipped."""
    file = f"models/{name}.safetensors"
    try:
        titles = json.loads(gzip.decompress(assets.read("data/movielens-films.json.gz")))
        model = NCF(films=len(titles))
        model.load_state_dict(load_safetensors(assets.read(file)))
    except (SafetensorError, RuntimeError, ValueError, OSError) as error:
        raise TaskUnavailable(*assets.damaged(file)) from error

    def early() -> nn.Module:
        found = NCF(films=len(titles))
        found.load_state_dict(load_safetensors(assets.read(f"models/{name}-early.safetensors")))
        return found.eval()

    @functools.cache
    def ratings(split: str) -> Ratings:
        file = f"data/movielens-{split}.npz"
        try:
            with np.load(io.BytesIO(assets.read(file)), allow_pickle=False) as stored:
                return Ratings(torch.from_numpy(stored["pairs"]).long(), torch.from_numpy(stored["stars"]).float())
        except (ValueError, KeyError, OSError) as error:
            raise TaskUnavailable(*assets.damaged(file)) from error

    counts = assets.manifest["data"]["movielens"]["splits"]
    about = info(name, assets.manifest["models"][name]["parameters"])
    return make_task(about, model, ratings, {split: counts[split] for split in SPLITS}, titles, early)


def make_task(
    about: TaskInfo,
    model: NCF,
    ratings: Callable[[str], Ratings],
    counts: Mapping[str, int],
    titles: list[str],
    early: Callable[[], nn.Module | None] = lambda: None,
) -> Task:
    """Join a network and ratings to a task; `ratings` takes a split's name, `titles` are in the order of numbers."""
    users = model.user.num_embeddings

    def score(model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
        data = ratings(split)
        guessed = guess(model, data.pairs[:limit])
        yield error(guessed, data.stars[:limit], split, data.pairs[:limit, 0])

    def draw(asked: BatchRequest) -> Iterator[Batch]:
        data = ratings(asked.split)
        for chosen in asked.shuffled(len(data.stars)):
            yield data.pairs[chosen], data.stars[chosen]

    @functools.cache
    def known() -> Tensor:
        return torch.bincount(ratings("train").pairs[:, 0], minlength=users)

    def groups(model: nn.Module, split: str) -> dict[str, Quality]:
        data = ratings(split)
        guessed, much = guess(model, data.pairs), known()[data.pairs[:, 0]]
        found, below = {}, 0
        for name, limit in KNOWN.items():
            here = (much >= below) & (much < limit)
            below = limit
            if here.any():
                found[name] = error(guessed[here], data.stars[here], split, data.pairs[here, 0])
        return found

    @functools.cache
    def hidden(split: str) -> Tensor:
        return hide(ratings(split), [ratings(each).pairs for each in SPLITS], users, len(titles))

    def more(model: nn.Module, split: str) -> tuple[Quality, ...]:
        films = hidden(split)  # (people, 1 + 100): user, the liked film, 99 by chance
        pairs = torch.stack([films[:, :1].expand(-1, AMONG), films[:, 1:]], 2).flatten(0, 1)
        guessed = guess(model, pairs).reshape(-1, AMONG)
        better = (guessed[:, 1:] >= guessed[:, :1]).sum(1)
        answered = guessed.isfinite().all(1)
        data = ratings(split)
        apart = (guess(model, data.pairs) - data.stars).abs().numpy()
        return (
            share(((better < BEST) & answered).numpy(), "Hit rate at 10", split, answered.numpy()),
            mean(apart, "MAE", split, clusters=data.pairs[:, 0].numpy()),
        )

    @functools.cache
    def simple() -> tuple[float, Tensor, Tensor]:
        return averages(ratings("train"), users, len(titles))

    def baseline(split: str) -> Quality:
        data, (usual, of_user, of_film) = ratings(split), simple()
        return error(usual + of_user[data.pairs[:, 0]] + of_film[data.pairs[:, 1]], data.stars, split, data.pairs[:, 0])

    def answer(model: nn.Module, number: int) -> Answer:
        if not 1 <= number <= users:
            raise BadInput(f"There is no user {number}.", f"Choose 1 to {users:,}.")
        seen = ratings("train").pairs
        films = torch.arange(len(titles))
        guessed = guess(model, torch.stack([torch.full_like(films, number - 1), films], 1))
        if not guessed.isfinite().all():
            return Answer("no answer: its guesses are not numbers")
        guessed[seen[seen[:, 0] == number - 1, 1]] = -torch.inf
        best = guessed.argsort(descending=True, stable=True)[:BEST].tolist()
        rows = tuple({"Film": titles[film], "Stars": round(float(guessed[film]), 2)} for film in best)
        return Answer(f"Known: {int(known()[number - 1])} ratings", rows)

    def colder(strength: int) -> Task:
        def of_cold_users(split: str) -> Ratings:
            data = ratings(split)
            cold = known()[data.pairs[:, 0]] < COLD[strength - 1] if split == "validation" else slice(None)
            return Ratings(data.pairs[cold], data.stars[cold])

        found = functools.cache(of_cold_users)
        sizes = {**counts, "validation": len(found("validation").stars)}
        return make_task(about, model, found, sizes, titles, early)

    prunable = prunable_parameters(model)
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable,
        example=torch.zeros(1, 2, dtype=torch.long),
        inputs=Inputs(INPUTS),
        training=Training(
            (),
            RECIPE_DEFAULTS,
            early,
            fresh=lambda: NCF(films=len(titles)),
            distillation_loss=lambda output, wanted, temperature: F.mse_loss(output, wanted),
        ),
        score=score,
        draw=draw,
        loss=lambda output, target, smoothing: F.mse_loss(output, target),
        count=counts.__getitem__,
        opt_in_parameters=("user.weight", "film.weight"),
        extra=ExtraFigures(more, groups=groups, baseline=Baseline("averages of users and films", baseline)),
        shifts={"cold users": colder},
        demo=Demo(
            "Compare the ten films both networks would recommend",
            "User number",
            15,
            answer,
            stayed,
            "One of the 671 people who rated films; what they have rated is left out.",
        ),
        packaging=Packaging({"films.json": json.dumps(titles, ensure_ascii=False).encode()}),
    )


def guess(model: nn.Module, pairs: Tensor) -> Tensor:
    """Guess the stars for pairs (n, 2): (n,)."""
    with torch.no_grad():
        return torch.cat([model(part) for part in pairs.split(SLICE)])


def error(guessed: Tensor, stars: Tensor, split: str, users: Tensor) -> Quality:
    """Return the root of the mean squared error, with its interval: whose ratings they are is what could be others."""
    return mean((guessed - stars).square().numpy(), "RMSE", split, root=True, clusters=users.numpy())


def stayed(dense: Answer, other: Answer) -> str:
    """Say how many recommendations are the same."""
    both = {row["Film"] for row in dense.rows} & {row["Film"] for row in other.rows}
    return f"{len(both)} of the {len(dense.rows)} films stayed."


def averages(data: Ratings, users: int, films: int, rounds: int = 50) -> tuple[float, Tensor, Tensor]:
    """Return the mean rating, and how far each user and each film lies from it: the ridge solution, by turns.

    Source: Koren, Bell, Volinsky 2009, Matrix factorization techniques for recommender systems (biases).
    """
    user, film = data.pairs.unbind(1)
    usual = float(data.stars.mean())
    rest = data.stars.double() - usual
    of_user, of_film = torch.zeros(users).double(), torch.zeros(films).double()
    for _ in range(rounds):
        for mine, own, others, theirs in ((user, of_user, film, of_film), (film, of_film, user, of_user)):
            sums = torch.zeros_like(own).index_add_(0, mine, rest - theirs[others])
            own.copy_(sums / (torch.bincount(mine, minlength=len(own)) + DAMPING))
    return usual, of_user.float(), of_film.float()


def hide(held: Ratings, all_pairs: list[Tensor], users: int, films: int) -> Tensor:
    """Hide for each user one held-out film that they liked among 99 that they never rated, drawn by seed.

    Returns int (people, 2 + 99): user, that film, the others. Protocol: He et al. 2017.
    """
    rated = torch.zeros(users, films, dtype=torch.bool)
    for pairs in all_pairs:
        rated[pairs[:, 0], pairs[:, 1]] = True
    drawn = np.random.default_rng(0)
    rows, done = [], set()
    for (user, film), stars in zip(held.pairs.tolist(), held.stars.tolist(), strict=True):
        if stars >= LIKED and user not in done:
            done.add(user)
            others = drawn.choice(np.flatnonzero(~rated[user].numpy()), AMONG - 1, replace=False)
            rows.append([user, film, *others.tolist()])
    return torch.tensor(rows)


def info(name: str, parameters: int) -> TaskInfo:
    """Describe the network for the catalogue."""
    return TaskInfo(
        name,
        "Neural collaborative filter - film ratings (MovieLens)",
        "recommendation",
        "RMSE",
        parameters,
        SOURCE,
        True,
        "Guesses how many stars a person would give a film, from the ratings of 671 people.",
        weights=TRAINED,
    )
