"""Small networks with batch norm that several test files look at."""

import copy
from dataclasses import replace

import pytest
import torch
from torch import nn

from tests.core.pruning.networks import task_of


@pytest.fixture
def normed():
    """A small convolutional network with batch norm and 96 pictures of three classes; made anew each time."""
    torch.manual_seed(3)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 3, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 4, 10),
        nn.ReLU(),
        nn.Linear(10, 3),
    )
    inputs = torch.randn(96, 1, 6, 6, generator=torch.Generator().manual_seed(4))
    task = task_of(model, inputs, inputs.flatten(1)[:, :3].argmax(1))
    early = copy.deepcopy(model)
    with torch.no_grad():
        early[8].weight.add_(1.0)
    return replace(task, training=replace(task.training, early_checkpoint=lambda: copy.deepcopy(early)))


@pytest.fixture
def one_conv():
    """A small convolutional network with batch norm, and 96 pictures of three classes."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Conv2d(1, 6, 3, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(96, 3))
    inputs = torch.randn(96, 1, 6, 6, generator=torch.Generator().manual_seed(4))
    return task_of(model, inputs, inputs.flatten(1)[:, :3].argmax(1))
