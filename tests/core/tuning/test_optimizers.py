"""The optimisers take the steps that torch's own classes take, to the last bit, and import no compiler."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from core.tuning.optimizers import OPTIMIZERS, Optimizer

CLASSES = {
    "adam": lambda groups, rate: torch.optim.Adam(groups, lr=rate, fused=True),
    "adamw": lambda groups, rate: torch.optim.AdamW(groups, lr=rate, fused=True),
    "sgd": lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True, fused=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_its_steps_are_those_of_torch(name):
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, 3))
    ours[3].bias.requires_grad_(False)
    theirs = copy.deepcopy(ours)
    learning = [each for each in theirs.parameters() if each.requires_grad]
    groups = [
        {"params": [each for each in learning if each.ndim >= 2], "weight_decay": 0.01},
        {"params": [each for each in learning if each.ndim < 2], "weight_decay": 0.0},
    ]
    expected = CLASSES[name](groups, 0.05)
    found = Optimizer(ours, name, 0.05, 0.01)
    for step in range(8):
        rate = 0.05 * (1 - step / 10)
        found.rate = rate
        for group in expected.param_groups:
            group["lr"] = rate
        inputs = torch.randn(16, 5)
        for model, optimizer in ((ours, found), (theirs, expected)):
            optimizer.zero_grad()
            model(inputs).square().mean().backward()
            optimizer.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_step_imports_no_compiler():
    program = """if True:
        import sys, torch
        sys.modules["timm"] = None  # which imports it by itself, where it is installed
        from core.tuning.optimizers import OPTIMIZERS, Optimizer
        model = torch.nn.Linear(2, 2)
        for name in OPTIMIZERS:
            model(torch.ones(1, 2)).sum().backward()
            Optimizer(model, name, 0.1, 0.1).step()
        assert "torch._dynamo" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", program], check=True)
