"""One person from 10 or 20 ratings: error on all their others, for 100 people whom the network never met."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.build.recommender import RECIPES
from core.pruning import PruningPlan, prune
from core.quality import Quality, change, mean
from core.tasks import SPLITS, load
from core.tasks.recommender.data import Ratings
from core.tasks.recommender.figures import DAMPING, fit_averages
from core.tasks.recommender.networks import NCF, fresh_network
from core.tasks.recommender.person import STRENGTH, fit_users
from core.tasks.recommender.task import NAME, RatingTask, info, make_task
from core.tuning import fine_tune

FEWEST, TUNED_ON, JUDGED_ON = 60, 50, 100
"""Ratings that somebody must have to be left out of the training; people on whom STRENGTH is chosen, and judged."""

STRENGTHS = (0.1, 0.3, 0.6, 1.0, 2.0, 4.0)

Given = tuple[Ratings, Ratings]
"""The ratings that one person gives, and all their others."""


def run() -> Iterator[dict[str, Any]]:
    """Train without 150 people, choose the strength on 50 of them, and yield the errors for the other 100."""
    task = load(NAME)
    assert isinstance(task, RatingTask) and task.data is not None
    parts = [task.data.ratings(split) for split in SPLITS]
    every = Ratings(torch.cat([each.pairs for each in parts]), torch.cat([each.stars for each in parts]))
    able = np.flatnonzero(np.bincount(every.users.numpy(), minlength=task.data.users) >= FEWEST)
    left_out = np.random.default_rng(7).permutation(able)[: TUNED_ON + JUDGED_ON].tolist()
    known = parts[0].part(~torch.isin(parts[0].users, torch.tensor(left_out)))
    network = trained(known, task.data.users, task.data.titles)
    met = torch.tensor(sorted(set(range(task.data.users)) - set(left_out)))
    users = network.user.weight.detach()[met]
    usual, _, of_film = fit_averages(known, task.data.users, len(task.data.titles))
    for count in (10, 20):
        drawn = [give(every, user, count) for user in left_out]
        tuned, judged = drawn[:TUNED_ON], drawn[TUNED_ON:]
        best = min(STRENGTHS, key=lambda each: errors(network, users, tuned, each)[1].value)
        general, adapted = errors(network, users, judged, STRENGTH)
        shifted = averages(judged, usual, of_film)
        yield {
            "ratings given": count,
            "people": len(judged),
            "ratings judged": general.n,
            "mean user": written(general),
            "adapted": written(adapted),
            "change": written(change(general, adapted)),
            "averages of film and person": written(shifted),
            "adapted less averages": written(change(shifted, adapted)),
            "strength": STRENGTH,
            "best strength of the 50": best,
        }


def trained(known: Ratings, users: int, titles: list[str]) -> NCF:
    """Train as what ships was, on these ratings alone."""
    recipe = RECIPES[NAME]
    torch.manual_seed(recipe.seed)
    model = fresh_network(users, len(titles), float(known.stars.mean()))
    task = make_task(info(NAME, 0), model, lambda split: known, dict.fromkeys(SPLITS, len(known.stars)), titles)
    *_, last = fine_tune(task, prune(task, PruningPlan()), recipe)
    assert isinstance(last.model, NCF)
    return last.model.eval()


def give(every: Ratings, user: int, count: int) -> Given:
    """Draw so many ratings of one person, and return them and the others."""
    places = torch.nonzero(every.users == user).flatten()
    places = places[torch.randperm(len(places), generator=torch.Generator().manual_seed(user))]
    return every.part(places[:count]), every.part(places[count:])


def errors(network: NCF, users: Tensor, people: list[Given], strength: float) -> tuple[Quality, Quality]:
    """Return the error of the mean user, and that of each person's own row."""
    films = torch.stack([network.film.weight.detach()[given.pairs[:, 1]] for given, _ in people])
    stars = torch.stack([given.stars for given, _ in people])
    rows = fit_users(network, users, films, stars, torch.ones_like(stars, dtype=torch.bool), strength)
    usual = users.mean(0).expand_as(rows)
    with torch.no_grad():
        guessed = [
            [
                network.guess(row.expand(len(rest.stars), -1), network.film.weight[rest.pairs[:, 1]])
                for row, (_, rest) in zip(table, people, strict=True)
            ]
            for table in (usual, rows)
        ]
    return rmse(guessed[0], people), rmse(guessed[1], people)


def averages(people: list[Given], usual: float, of_film: Tensor) -> Quality:
    """Return the error of averages: the film's, moved by how high this person rates."""
    guessed = []
    for given, rest in people:
        own = (given.stars - usual - of_film[given.pairs[:, 1]]).sum() / (len(given.stars) + DAMPING)
        guessed.append(usual + of_film[rest.pairs[:, 1]] + own)
    return rmse(guessed, people)


def rmse(guessed: list[Tensor], people: list[Given]) -> Quality:
    """Return the error of all guesses, with people as what is drawn again."""
    squares = [(each - rest.stars).square().numpy() for each, (_, rest) in zip(guessed, people, strict=True)]
    owner = np.repeat(np.arange(len(squares)), [len(each) for each in squares])
    return mean(np.concatenate(squares), "RMSE", "people left out", transform="root", clusters=owner)


def written(figure: Any) -> str:
    """Write a figure or a change with its range."""
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
