"""Conv1D of transformers, whose weights are (in, out), is pruned as the same network of Linear layers is."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from core.measure import macs
from core.pruning import PruningPlan, prune, shrink
from core.tasks.base import prunable_parameters


@pytest.fixture
def pair(tiny):
    """The same network twice as a task: of Linear layers, and of Conv1D."""
    linear = tiny.model
    turned = nn.Sequential(nn.Flatten(), Conv1D(8, 4), nn.ReLU(), Conv1D(3, 8))
    with torch.no_grad():
        for place in (1, 3):
            turned[place].weight.copy_(linear[place].weight.T)
            turned[place].bias.copy_(linear[place].bias)
    return tiny, replace(tiny, model=turned.eval(), prunable=prunable_parameters(turned))


@pytest.mark.parametrize(
    "plan",
    [
        PruningPlan(sparsity=0.5),
        PruningPlan(sparsity=0.5, scope="row"),
        PruningPlan(sparsity=0.4, scope="erk"),
        PruningPlan(sparsity=0.5, criterion="activation"),
        PruningPlan(sparsity=0.5, criterion="first-order"),
        PruningPlan(sparsity=0.3, granularity="neuron"),
        PruningPlan(sparsity=0.3, granularity="neuron", criterion="zero-activations"),
        PruningPlan(granularity="2:4"),
    ],
    ids=lambda plan: f"{plan.granularity}-{plan.criterion}-{plan.scope}",
)
def test_the_same_weights_go_whichever_way_they_lie(pair, plan):
    linear, turned = (prune(task, plan) for task in pair)
    assert turned.sparsity == linear.sparsity > 0
    for name, mask in linear.masks.items():
        assert torch.equal(turned.masks[name].T, mask)
    if plan.structured:
        small, wanted = shrink(turned), shrink(linear)
        assert (small[1].nf, small[3].nx) == (wanted[1].out_features, wanted[3].in_features)
        assert macs(small, pair[1].example) == macs(wanted, pair[0].example)
