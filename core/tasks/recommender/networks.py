"""The recommendation network that ships, and how it begins to learn."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class NCF(nn.Module):
    """Neural collaborative filtering: what is known of a user and of a film, joined by three layers (He et al. 2017).

    Takes pairs (n, 2) of user and film number; guesses ratings (n,) in stars. It learns ratings, not clicks.
    """

    def __init__(self, users: int = 671, films: int = 9_066, width: int = 64) -> None:
        super().__init__()
        self.user = nn.Embedding(users, width)
        self.film = nn.Embedding(films, width)
        self.dropout = nn.Dropout(0.5)
        self.fc1 = nn.Linear(2 * width, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)

    def forward(self, pairs: Tensor) -> Tensor:
        return self.guess(self.user(pairs[:, 0]), self.film(pairs[:, 1]))

    def guess(self, users: Tensor, films: Tensor) -> Tensor:
        """Guess the stars (n,) from what is known of users and of films, (n, width) each."""
        x = torch.cat([users, films], 1)  # (n, 2 width)
        x = F.relu(self.fc1(self.dropout(x)))
        x = F.relu(self.fc2(self.dropout(x)))
        return self.fc3(x).squeeze(1)


def fresh_network(users: int, films: int, mean: float) -> NCF:
    """Return a network that has learned nothing yet but the mean rating; small embeddings make it start close to it."""
    model = NCF(users, films)
    with torch.no_grad():
        for table in (model.user, model.film):
            table.weight.mul_(0.1)
        model.fc3.bias.fill_(mean)
    return model
