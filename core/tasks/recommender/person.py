"""One person: films to rate by hand, and the list that the network makes of these ratings within a second.

The network stays as it is; what is learned is one more row of its table of users, as Gaussian prior and ratings make it
most likely. Source of the idea: Salakhutdinov and Mnih 2008, Probabilistic matrix factorization.
"""

import copy
import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text
from core.quality import Change, Quality, change, mean
from core.tasks.base import Task
from core.tasks.recommender.data import Films, RatingData
from core.tasks.recommender.figures import DAMPING, training_averages
from core.tasks.recommender.networks import NCF
from core.tasks.recommender.task import RatingTask, built_by

FEWEST_RATINGS, MOST_RATINGS = 10, 200
"""Ratings that one person must give, and may."""

LEAST_STARS, MOST_STARS = 0.5, 5.0

WELL_KNOWN = 200
"""Films with the most ratings, among which those to rate are chosen."""

KNOWN_ENOUGH = 20
"""Training ratings that a film needs to be recommended to a person: of rarer ones the network knows little."""

STRENGTH = 0.6
"""Weight of the prior beside one squared error, chosen on 50 users whom the network had not met."""

STEPS, PACE = 20, 0.5
"""Steps towards the most likely row, and how much of each is taken."""


@dataclass(frozen=True)
class Film:
    """Name a film: its number in the network, MovieLens's identifier, and the title with its year."""

    number: int
    id: int
    title: str


@dataclass(frozen=True)
class Recommendation:
    """Hold a film and the stars that it would get, by guess."""

    film: Film
    stars: float


@dataclass(frozen=True, eq=False)
class Person:
    """Hold what the network learned of one person.

    row: their row in the table of users, (width,).
    before, after: the films that they have not rated and would like best, for a mean user and for them.
    general, adapted: the error on each of their ratings, by a network that knows the mean user alone, and by one that
        learned all their other ratings. The ranges say how other ratings of the same person could come out.
    change: from the one to the other.
    averages: the error of no network at all: the film's mean rating, moved by how high this person rates others.
    """

    row: Tensor
    before: tuple[Recommendation, ...]
    after: tuple[Recommendation, ...]
    general: Quality
    adapted: Quality
    change: Change
    averages: Quality

    @property
    def stayed(self) -> int:
        """How many films stand in both lists."""
        return len({each.film for each in self.before} & {each.film for each in self.after})


def films_to_rate(task: Task, count: int = 15, seed: int = 0) -> tuple[Film, ...]:
    """Choose well-known films that differ most from each other by what the network knows of them.

    The first is drawn by seed; each further one lies as far as can be from those before (Gonzalez 1985).
    Raises BadInput for a task without films, or a number that cannot be had.
    """
    data, films, network = _of(task, task.model)
    if not FEWEST_RATINGS <= count <= WELL_KNOWN:
        raise BadInput(
            text("{count} films cannot be offered.", count=count),
            text("Choose {fewest_ratings} to {well_known}.", fewest_ratings=FEWEST_RATINGS, well_known=WELL_KNOWN),
        )
    best_known = _times_rated(data).argsort(descending=True, stable=True)[:WELL_KNOWN]
    rows = network.film.weight.detach()[best_known]
    chosen = [int(torch.randint(len(rows), (1,), generator=torch.Generator().manual_seed(seed)))]
    nearest = torch.full((len(rows),), math.inf)
    while len(chosen) < count:
        nearest = torch.minimum(nearest, (rows - rows[chosen[-1]]).norm(dim=1))
        chosen.append(int(nearest.argmax()))
    return tuple(_film(films, int(best_known[place])) for place in chosen)


def find_films(task: Task, words: str, most: int = 20) -> tuple[Film, ...]:
    """Find films whose title with its year holds all of some words, the best known first; none for no words.

    In any order, in any case and without accents, since the data writes "Matrix, The". Raises BadInput.
    """
    data, films, _ = _of(task, task.model)
    wanted = [each.strip(",.:()") for each in _plain(words[:100]).split()]
    if not any(wanted):
        return ()
    order = _times_rated(data).argsort(descending=True, stable=True).tolist()
    labels = ((number, _plain(films.label(number))) for number in order)
    found = (_film(films, number) for number, label in labels if all(word in label for word in wanted))
    return tuple(each for each, _ in zip(found, range(most), strict=False))


def films_of(task: Task, numbers: Iterable[int]) -> tuple[Film, ...]:
    """Return films by their numbers in the network; those that it does not know are left out. Raises BadInput."""
    _, films, _ = _of(task, task.model)
    return tuple(_film(films, number) for number in numbers if 0 <= number < len(films.titles))


def _plain(words: str) -> str:
    """Return words in lower case without accents."""
    apart = unicodedata.normalize("NFKD", words)
    return "".join(each for each in apart if not unicodedata.combining(each)).casefold()


def adapt_to_person(
    task: Task,
    ratings: Mapping[int, float],
    model: nn.Module | None = None,
    count: int = 10,
    strength: float = STRENGTH,
) -> Person:
    """Learn one person from a few ratings: number of a film -> stars, 0.5 to 5.

    model: a network of the task, pruned or tuned, of full size; None for the dense one. Nothing of it changes.
    count: films in each list; strength: of the pull towards the mean user.
    Raises BadInput for ratings that cannot be used.
    """
    data, films, network = _of(task, task.model if model is None else model)
    check_ratings(ratings, len(films.titles))
    rated = torch.tensor(list(ratings))
    stars = torch.tensor(list(ratings.values()))
    users, seen = network.user.weight.detach(), network.film.weight.detach()[rated]
    kept = torch.cat([~torch.eye(len(stars), dtype=torch.bool), torch.ones(1, len(stars), dtype=torch.bool)])
    rows = fit_users(network, users, seen, stars.expand(len(kept), -1), kept, strength)
    usual = users.mean(0)
    with torch.no_grad():
        general = (network.guess(usual.expand(len(stars), -1), seen) - stars).square().numpy()
        adapted = (network.guess(rows[:-1], seen) - stars).square().numpy()
    before, after = (_error(each) for each in (general, adapted))
    can = (_times_rated(data) >= KNOWN_ENOUGH) if data.offered is None else data.offered.clone()
    can[rated] = False
    liked = [_best(network, films, row, can, count) for row in (usual, rows[-1])]
    plain = _error(_errors_of_averages(data, rated, stars))
    return Person(rows[-1], liked[0], liked[1], before, after, change(before, after), plain)


def with_person(model: nn.Module, person: Person) -> NCF:
    """Return a copy of a network with one more user, the last one: the person."""
    found = copy.deepcopy(model)
    if not isinstance(found, NCF):
        raise TypeError("Only a network for ratings can learn a person.")
    found.user = nn.Embedding.from_pretrained(torch.cat([found.user.weight.detach(), person.row[None]]), freeze=False)
    return found.eval()


def task_with_person(task: Task, person: Person) -> Task:
    """Return a task whose network knows one more user, the last one: the person; for a download.

    Nothing else differs: ratings and figures stay those of the users whom it knew before. Raises BadInput.
    """
    _, films, _ = _of(task, task.model)
    grown = with_person(task.model, person)
    parameters = sum(each.numel() for each in grown.parameters())
    last, films_last = grown.user.num_embeddings - 1, len(films.titles) - 1
    title = text("{title}, and one more user: you", title=task.info.title)
    described = text(
        "pairs of user number (0 to {last}; you are {last}) and film number (0 to {films_last:,}; films.json lists "
        "them in this order).",
        last=last,
        films_last=films_last,
    )
    return replace(
        task,
        model=grown,
        info=replace(task.info, title=title, parameters=parameters),
        inputs=replace(task.inputs, format=described),
        packaging=replace(task.packaging, constructor=built_by(grown)),
    )


def check_ratings(ratings: Mapping[int, float], films: int) -> None:
    """Refuse ratings from which nobody can be learned. Raises BadInput with what is wrong with them."""
    for film, stars in ratings.items():
        if not (isinstance(film, int) and 0 <= film < films):
            raise BadInput(text("One of these films is not known here."), text("Choose films from the list."))
        if not (isinstance(stars, int | float) and LEAST_STARS <= stars <= MOST_STARS):
            raise BadInput(
                text("A film has {stars} stars.", stars=stars),
                text("Give {least_stars} to {most_stars:.0f} stars.", least_stars=LEAST_STARS, most_stars=MOST_STARS),
            )
    if len(ratings) < FEWEST_RATINGS:
        raise BadInput(
            text("{count} ratings say too little of a person.", count=len(ratings)),
            text("Rate {fewest_ratings} more films.", fewest_ratings=FEWEST_RATINGS - len(ratings)),
        )
    if len(ratings) > MOST_RATINGS:
        raise BadInput(
            text("These are {count:,} ratings.", count=len(ratings)),
            text("Give at most {most_ratings}.", most_ratings=MOST_RATINGS),
        )
    if len(set(ratings.values())) == 1:
        raise BadInput(
            text("All films got the same stars, so there is nothing to learn but that."),
            text("Rate at least one film otherwise."),
        )


def fit_users(
    network: NCF, users: Tensor, films: Tensor, stars: Tensor, kept: Tensor, strength: float = STRENGTH
) -> Tensor:
    """Find the rows of several people at once that are most likely by their ratings and by how users are spread.

    users: rows of known users (users, width), whose mean and covariance are the prior.
    films: rows of the films that were rated, (ratings, width), or (several, ratings, width) where each rated others.
    stars: what was given, (several, ratings); kept: which of them are learned from, bool (several, ratings).
    Least: squared errors + strength * squared distance from the mean row, in standard deviations of the users' rows.
    Goes there by Gauss-Newton steps, which are exact where the network is linear, and its layers are so by parts.
    """
    centre, axes = users.mean(0), spread_of(users)
    several, count = stars.shape
    beside, weights = films.expand(several, count, -1).flatten(0, 1), kept.float()
    away = torch.zeros(several, axes.shape[1])
    best, least = away, torch.full((several,), torch.inf)
    for _ in range(STEPS + 1):
        rows = (centre + away @ axes.T).repeat_interleave(count, 0).requires_grad_()
        with torch.enable_grad():
            guessed = network.guess(rows, beside)
            (slopes,) = torch.autograd.grad(guessed.sum(), [rows])
        errors = (guessed.detach().view(several, count) - stars) * weights
        cost = errors.square().sum(1) + strength * away.square().sum(1)
        best, least = torch.where((cost < least)[:, None], away, best), torch.minimum(cost, least)
        pulls = (slopes @ axes).view(several, count, -1) * weights[:, :, None]  # (several, ratings, axes)
        curved = pulls.transpose(1, 2) @ pulls + strength * torch.eye(axes.shape[1])
        downhill = (pulls.transpose(1, 2) @ errors[:, :, None])[:, :, 0] + strength * away
        away = away - PACE * torch.linalg.solve(curved, downhill)
    return centre + best @ axes.T


def spread_of(users: Tensor) -> Tensor:
    """Return the axes along which users differ, each as long as their standard deviation on it, (width, axes)."""
    _, lengths, axes = torch.linalg.svd(users - users.mean(0), full_matrices=False)
    return (axes.T * lengths) / math.sqrt(len(users) - 1)


def _of(task: Task, model: nn.Module) -> tuple[RatingData, Films, NCF]:
    """Return ratings, films and network of a task. Raises BadInput for one that has none."""
    if not isinstance(task, RatingTask) or task.data is None or task.films is None or not isinstance(model, NCF):
        raise BadInput(text("This network guesses no ratings of films."), text("Choose the one for film ratings."))
    return task.data, task.films, model


def _times_rated(data: RatingData) -> Tensor:
    """Return how many training ratings there are of each film, int (films,)."""
    return torch.bincount(data.ratings("train").pairs[:, 1], minlength=len(data.titles))


def _film(films: Films, number: int) -> Film:
    return Film(number, films.ids[number], films.label(number))


@torch.no_grad()
def _best(network: NCF, films: Films, row: Tensor, can: Tensor, count: int) -> tuple[Recommendation, ...]:
    """Return the films that somebody would like best, of those that can be recommended, bool (films,)."""
    guessed = network.guess(row.expand(len(can), -1), network.film.weight).masked_fill(~can, -torch.inf)
    if not guessed[can].isfinite().all():
        raise BadInput(
            text("This network gives no answers: they are not numbers."), text("Start from another network.")
        )
    best = guessed.argsort(descending=True, stable=True)[:count].tolist()
    return tuple(Recommendation(_film(films, number), round(float(guessed[number]), 2)) for number in best)


def _errors_of_averages(data: RatingData, rated: Tensor, stars: Tensor) -> np.ndarray:
    """Return squared errors of averages, where each rating is guessed from all the others, (ratings,)."""
    usual, _, of_film = training_averages(data)
    rest = stars - usual - of_film[rated]
    moved = (rest.sum() - rest) / (len(rest) - 1 + DAMPING)
    return (rest - moved).square().numpy()


def _error(squares: np.ndarray) -> Quality:
    return mean(squares, "RMSE", text("held back one by one"), transform="root")
