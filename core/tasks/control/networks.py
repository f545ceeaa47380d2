"""The control network that ships."""

import torch.nn.functional as F
from torch import Tensor, nn


class Policy(nn.Module):
    """Three layers that look at a situation and rate each action; the last number values the situation itself.

    Takes observations (n, observed); gives (n, actions + 1). The action with the highest rating is taken.
    """

    def __init__(self, observed: int = 4, actions: int = 2, width: int = 64) -> None:
        super().__init__()
        self.fc1 = nn.Linear(observed, width)
        self.fc2 = nn.Linear(width, width)
        self.fc3 = nn.Linear(width, actions + 1)

    def forward(self, observation: Tensor) -> Tensor:
        x = F.relu(self.fc1(observation))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class AcrobotPolicy(Policy):
    """The same for six observed numbers and three actions."""

    def __init__(self) -> None:
        super().__init__(6, 3)
