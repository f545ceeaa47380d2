"""How good guessed ratings are: their error, by user group too, the hit rate at 10, and what plain averages score."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from core.language import text
from core.quality import Quality, mean, share
from core.tasks.base import SPLITS
from core.tasks.recommender.data import RatingData, Ratings

PAIRS_AT_ONCE = 10_000
"""Pairs that a network guesses at a time."""

GROUPS_BELOW: Mapping[str, int] = {
    text("under 25 ratings known"): 25,
    text("25 to 74"): 75,
    text("75 to 199"): 200,
    text("200 and more"): 10**9,
}
"""Groups of users from cold to warm: name -> below how many training ratings."""

LIKED_STARS, CANDIDATES, TOP = 4.0, 100, 10
"""Of the hit rate: stars from which a film counts as liked, how many films it is among, how many are recommended."""

DAMPING = 5.0
"""How many average ratings the plain averages add to each user and film, so that a single one does not decide."""


def guess(model: nn.Module, pairs: Tensor) -> Tensor:
    """Guess the stars for pairs (n, 2) of user and film number: (n,)."""
    with torch.no_grad():
        return torch.cat([model(some) for some in pairs.split(PAIRS_AT_ONCE)])


def rmse(guessed: Tensor, stars: Tensor, split: str, users: Tensor) -> Quality:
    """Return the root of the mean squared error of guesses (n,), with its interval: other users could have rated."""
    return mean((guessed - stars).square().numpy(), "RMSE", split, transform="root", clusters=users.numpy())


def score(data: RatingData, model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
    """Judge a network by its error on the ratings of a split, or on the first `limit` of them."""
    ratings = data.ratings(split)
    guessed = guess(model, ratings.pairs[:limit])
    yield rmse(guessed, ratings.stars[:limit], split, ratings.users[:limit])


def rmse_by_group(data: RatingData, model: nn.Module, split: str) -> dict[str, Quality]:
    """Return the error for each group of users, by how much is known of them; groups without ratings are left out."""
    ratings = data.ratings(split)
    guessed, known = guess(model, ratings.pairs), data.known[ratings.users]
    errors, least = {}, 0
    for name, below in GROUPS_BELOW.items():
        here = (known >= least) & (known < below)
        least = below
        if here.any():
            errors[name] = rmse(guessed[here], ratings.stars[here], split, ratings.users[here])
    return errors


def further_figures(
    data: RatingData, hidden: Callable[[str], Tensor], model: nn.Module, split: str
) -> tuple[Quality, ...]:
    """Return the hit rate at 10 and the mean absolute error; `hidden` gives a split's films as `hide_liked` does."""
    return hit_rate(model, hidden(split), split), mean_absolute_error(model, data.ratings(split), split)


def hit_rate(model: nn.Module, hidden: Tensor, split: str) -> Quality:
    """Return the share of users whose liked film is guessed to be among the TOP best.

    hidden: int (people, 1 + CANDIDATES), user, the liked film, the others, as `hide_liked` returns them. A film that
    is guessed as high as the liked one counts as better.
    """
    pairs = torch.stack([hidden[:, :1].expand(-1, CANDIDATES), hidden[:, 1:]], 2).flatten(0, 1)
    guessed = guess(model, pairs).reshape(-1, CANDIDATES)
    better = (guessed[:, 1:] >= guessed[:, :1]).sum(1)
    answered = guessed.isfinite().all(1)
    return share(((better < TOP) & answered).numpy(), "Hit rate at 10", split, answered.numpy())


def mean_absolute_error(model: nn.Module, ratings: Ratings, split: str) -> Quality:
    """Return the mean absolute error in stars, with its interval by users."""
    errors = (guess(model, ratings.pairs) - ratings.stars).abs()
    return mean(errors.numpy(), "MAE", split, clusters=ratings.users.numpy())


def hidden_films(data: RatingData, split: str) -> Tensor:
    """Hide liked films of a split among films that were rated in none, as `hide_liked` does."""
    everything = [data.ratings(each).pairs for each in SPLITS]
    return hide_liked(data.ratings(split), everything, data.users, len(data.titles), data.offered)


def hide_liked(
    held: Ratings, all_pairs: Sequence[Tensor], users: int, films: int, offered: Tensor | None = None
) -> Tensor:
    """Hide for each user one held-out film that they liked among 99 that they never rated, drawn by seed.

    offered: of which films the others are, bool (films,); None for all.
    Returns int (people, 1 + CANDIDATES): user, that film, the others. Protocol: He et al. 2017.
    """
    rated = torch.zeros(users, films, dtype=torch.bool)
    if offered is not None:
        rated[:, ~offered] = True
    for pairs in all_pairs:
        rated[pairs[:, 0], pairs[:, 1]] = True
    drawn = np.random.default_rng(0)
    rows, done = [], set()
    for (user, film), stars in zip(held.pairs.tolist(), held.stars.tolist(), strict=True):
        if stars >= LIKED_STARS and user not in done:
            done.add(user)
            others = drawn.choice(np.flatnonzero(~rated[user].numpy()), CANDIDATES - 1, replace=False)
            rows.append([user, film, *others.tolist()])
    return torch.tensor(rows)


Averages = tuple[float, Tensor, Tensor]
"""The mean rating, and how far each user (users,) and each film (films,) lies from it."""


def fit_averages(ratings: Ratings, users: int, films: int, rounds: int = 50) -> Averages:
    """Fit averages of users and films to ratings: the ridge solution, by turns.

    Source: Koren, Bell, Volinsky 2009, Matrix factorization techniques for recommender systems (biases).
    """
    user, film = ratings.pairs.unbind(1)
    usual = float(ratings.stars.mean())
    rest = ratings.stars.double() - usual
    of_user, of_film = torch.zeros(users).double(), torch.zeros(films).double()
    for _ in range(rounds):
        for mine, own, others, theirs in ((user, of_user, film, of_film), (film, of_film, user, of_user)):
            sums = torch.zeros_like(own).index_add_(0, mine, rest - theirs[others])
            own.copy_(sums / (torch.bincount(mine, minlength=len(own)) + DAMPING))
    return usual, of_user.float(), of_film.float()


def training_averages(data: RatingData) -> Averages:
    """Fit averages of users and films to the training ratings."""
    return fit_averages(data.ratings("train"), data.users, len(data.titles))


def score_averages(data: RatingData, averages: Callable[[], Averages], split: str) -> Quality:
    """Judge averages by their error on the ratings of a split."""
    ratings, (usual, of_user, of_film) = data.ratings(split), averages()
    user, film = ratings.pairs.unbind(1)
    return rmse(usual + of_user[user] + of_film[film], ratings.stars, split, user)
