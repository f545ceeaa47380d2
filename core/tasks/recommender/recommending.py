"""What a user would like best, for the panel where a network is tried by hand."""

import torch
from torch import nn

from core.language import text
from core.tasks.demo import Answer, require_number
from core.tasks.recommender.data import RatingData
from core.tasks.recommender.figures import TOP, guess


def recommend(data: RatingData, model: nn.Module, number: int) -> Answer:
    """List the TOP films that a user, 1 to all, has not rated and would like best. Raises BadInput for another one."""
    require_number(text("user"), number, data.users)
    films = torch.arange(len(data.titles))
    guessed = guess(model, torch.stack([torch.full_like(films, number - 1), films], 1))
    if not guessed.isfinite().all():
        return Answer(text("no answer: its guesses are not numbers"))
    seen = data.ratings("train").pairs
    guessed[seen[seen[:, 0] == number - 1, 1]] = -torch.inf
    if data.offered is not None:
        guessed[~data.offered] = -torch.inf
    best = guessed.argsort(descending=True, stable=True)[:TOP].tolist()
    name: str = text("Film")
    stars: str = text("Stars")
    rows = tuple({name: data.titles[film], stars: round(float(guessed[film]), 2)} for film in best)
    return Answer(text("Known: {known} ratings", known=int(data.known[number - 1])), rows)


def compare_recommendations(dense: Answer, other: Answer) -> str:
    """Say how many recommendations are the same."""
    both = {row["Film"] for row in dense.rows} & {row["Film"] for row in other.rows}
    return text("{count} of the {of} films stayed.", count=len(both), of=len(dense.rows))
