"""Small networks for tests, as tasks."""

import torch
from torch import nn

from core.tasks import TaskInfo
from core.tasks.vision.data import Images
from core.tasks.vision.task import make_task


def task_of(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor):
    images = Images(inputs, labels)
    parameters = sum(p.numel() for p in model.parameters())
    info = TaskInfo("by-hand", "By hand", "vision", "Accuracy", parameters, "made by a test", False)
    counts = dict.fromkeys(("train", "validation", "test"), len(labels))
    return make_task(info, model, lambda split: images, counts, example=inputs[:1])


def task_with(*layers, side=8, channels=4):
    """A classifier of pictures made of these layers, in which channels can go."""
    torch.manual_seed(0)
    model = nn.Sequential(*layers)
    inputs = torch.randn(24, channels, side, side, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        width = model(inputs).flatten(1).shape[1]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, 3))
    return task_of(model.eval(), inputs, torch.arange(24) % 3)


class Attentive(nn.Module):
    """A picture as nine places, torch's own attention over them, and a class."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Conv2d(3, 8, 4, 4)
        self.position = nn.Parameter(torch.randn(1, 9, 8))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.out = nn.Linear(8, 3)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2) + self.position
        return self.out((x + self.attention(x, x, x, need_weights=False)[0]).mean(1))


def attentive_task():
    torch.manual_seed(0)
    inputs = torch.randn(24, 3, 12, 12, generator=torch.Generator().manual_seed(1))
    return task_of(Attentive().eval(), inputs, torch.arange(24) % 3)


def two_layer_task():
    """2 inputs, 2 hidden neurons with ReLU, 2 classes; two examples."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        model[1].weight.copy_(torch.tensor([[1.0, -2.0], [3.0, 0.5]]))
        model[3].weight.copy_(torch.tensor([[1.0, -1.0], [0.5, 2.0]]))
    inputs = torch.tensor([[3.0, 1.0], [4.0, 0.0]]).reshape(2, 1, 1, 2)
    return task_of(model, inputs, torch.tensor([0, 1]))
