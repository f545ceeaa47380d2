"""People who are new to the network, with a table of their ratings: learned from, validated and tested on."""

import functools
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import Tensor

from core.errors import BadInput
from core.language import text
from core.tasks.adapting import adapted_info, choose_examples, starting_network
from core.tasks.base import SPLITS, Task
from core.tasks.names import TaskName
from core.tasks.recommender.data import Ratings
from core.tasks.recommender.networks import NCF, fresh_network
from core.tasks.recommender.task import RatingTask, adapting_training, make_task
from core.tasks.targets import Target
from core.uploads.ratings import RatingTable, read_ratings

FEWEST_PER_USER = 10
"""Ratings without which a user is left out: with fewer, one of the three parts would hold none or a single one."""

HELD = 0.2
"""Share of each user's ratings that validates, and as much that tests."""

SPLIT_SEED = 2016


@dataclass(frozen=True, eq=False)
class OwnRatings:
    """Hold what a table of ratings gave: split -> ratings of users numbered from 0.

    users: what the table calls them. left_out: sentences on what is not used.
    """

    parts: dict[str, Ratings]
    users: tuple[str, ...]
    left_out: tuple[str, ...]


def read_own_ratings(task: Task, content: bytes) -> OwnRatings:
    """Read a table of ratings (CSV: user,item,rating) for a task of ratings, and split it. Raises BadInput."""
    if not isinstance(task, RatingTask) or task.films is None:
        raise BadInput(text("This network learns no ratings."), text("Choose the one for film ratings."))
    return split_ratings(read_ratings(content, task.films.titles, task.films.years, task.films.ids))


def split_ratings(table: RatingTable) -> OwnRatings:
    """Split each user's ratings by seed: a fifth validates, another tests, and the rest is learned from.

    Users with fewer than FEWEST_PER_USER ratings are left out. Raises BadInput if none is left.
    """
    pairs = torch.tensor([row[:2] for row in table.rows])
    stars = torch.tensor([row[2] for row in table.rows])
    counts = torch.bincount(pairs[:, 0], minlength=len(table.users))
    kept = torch.nonzero(counts >= FEWEST_PER_USER).flatten().tolist()
    if not kept:
        raise BadInput(
            text(
                "Nobody in this table has {fewest_per_user} ratings of films that are known here; the most that "
                "somebody has is {counts}.",
                fewest_per_user=FEWEST_PER_USER,
                counts=int(counts.max()),
            ),
            text("Give more ratings a person."),
        )
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    places: dict[str, list[Tensor]] = {split: [] for split in SPLITS}
    for user in kept:
        own = torch.nonzero(pairs[:, 0] == user).flatten()
        own = own[torch.randperm(len(own), generator=generator)]
        held = int(HELD * len(own))
        for split, some in zip(SPLITS, own.split([len(own) - 2 * held, held, held]), strict=True):
            places[split].append(some)
    renumbered = torch.zeros(len(table.users), dtype=torch.long)
    renumbered[kept] = torch.arange(len(kept))
    pairs = torch.stack([renumbered[pairs[:, 0]], pairs[:, 1]], 1)
    parts = {split: Ratings(pairs, stars).part(torch.cat(some)) for split, some in places.items()}
    return OwnRatings(parts, tuple(table.users[user] for user in kept), _left_out(table, len(kept)))


def _left_out(table: RatingTable, kept: int) -> tuple[str, ...]:
    """Say what of a table is not used."""
    told = [text("{what}: {why}", what=each.what, why=each.why) for each in table.left_out]
    if few := len(table.users) - kept:
        told.append(
            text("{few:,} people with fewer than {least} ratings of known films", few=few, least=FEWEST_PER_USER)
        )
    return tuple(told)


def adapt_to_ratings(task: Task, own: OwnRatings, name: TaskName) -> Task:
    """Let the network of a task begin to learn new users: films and layers stay, and each user's row is the mean one.

    name: how it begins, how many ratings it may learn from, and what the target is called.
    Raises BadInput for more examples than there are, or a task without films.
    """
    if not isinstance(task, RatingTask) or task.films is None:
        raise BadInput(text("This network learns no ratings."), text("Choose the one for film ratings."))
    train = own.parts["train"]
    seen = train.part(choose_examples(train.users, name.examples, name.seed))
    parts = {**own.parts, "train": seen}
    counts = {split: len(each.stars) for split, each in parts.items()}
    films, users = task.films, len(own.users)
    build = functools.partial(fresh_network, users, len(films.titles), float(seen.stars.mean()))
    model = cast(NCF, starting_network(with_new_users(cast(NCF, task.model), users), build, name))
    target = Target(
        name.target,
        text("Your own ratings"),
        text("{count:,} people who are new to the network.", count=len(own.users)),
        text("brought by you"),
    )
    about = adapted_info(task.info, name, target, model)
    made = make_task(about, model, parts.__getitem__, counts, films.titles, films=films)
    return replace(made, training=adapting_training(made, build, counts["train"]))


def with_new_users(model: NCF, users: int) -> NCF:
    """Return a copy of a network in which each of so many users is the mean of those it knew."""
    found = NCF(users, model.film.num_embeddings, model.film.embedding_dim)
    weights = dict(model.state_dict())
    weights["user.weight"] = weights["user.weight"].mean(0).expand(users, -1).clone()
    found.load_state_dict(weights)
    return found.eval()
