"""What learns, from what, and what is left to chance: each against a calculation of its own."""

import math
from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn

from core.pruning import PruningPlan, prune, shrink
from core.tasks import load
from core.tasks.outputs import distillation_loss
from core.tuning import Recipe, fine_tune
from tests.core.pruning.networks import task_of
from tests.core.tuning.runs import last


def test_removed_units_take_no_part_in_the_training(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.5, granularity="channel"))
    trained = set()

    def see(module, *_):
        if isinstance(module, nn.Linear) and module.training:
            trained.add(module.weight.numel())

    hook = nn.modules.module.register_module_forward_hook(see)
    try:
        last(fine_tune(normed, pruned, Recipe(batch_size=96)))
    finally:
        hook.remove()
    assert trained == {module.weight.numel() for module in shrink(pruned).modules() if isinstance(module, nn.Linear)}


@pytest.mark.parametrize("learns", ["last-1", "last-2", "last-99", "biases-norms"])
def test_frozen_layers_do_not_move_by_a_bit(normed, learns):
    pruned = prune(normed, PruningPlan(sparsity=0.3))
    final = last(fine_tune(normed, pruned, Recipe(epochs=3, batch_size=16, learns=learns, weight_decay=0.1)))
    moving = {
        "last-1": {"8.weight", "8.bias"},
        "last-2": {"6.weight", "6.bias", "8.weight", "8.bias"},
        "last-99": {name for name, _ in normed.model.named_parameters()},
        "biases-norms": {"1.weight", "1.bias", "3.bias", "6.bias", "8.bias"},
    }[learns]
    if "1.weight" in moving:
        moving = moving | {"1.running_mean", "1.running_var"}
    before = pruned.model.state_dict()
    changed = {name for name, value in final.model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed - {"1.num_batches_tracked"} == moving


def test_a_distillation_loss_by_hand():
    output, wanted = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 1.0]])
    p = [math.exp(3 / 2) / (math.exp(3 / 2) + math.exp(1 / 2)), math.exp(1 / 2) / (math.exp(3 / 2) + math.exp(1 / 2))]
    q = [math.exp(1 / 2) / (math.exp(1 / 2) + math.exp(2 / 2)), math.exp(2 / 2) / (math.exp(1 / 2) + math.exp(2 / 2))]
    expected = 4 * sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert distillation_loss(output, wanted, 2.0).item() == pytest.approx(expected, rel=1e-5)
    assert distillation_loss(wanted, wanted, 2.0).item() == pytest.approx(0, abs=1e-6)


def test_distillation_alone_does_not_look_at_the_labels(normed):
    pruned = prune(normed, PruningPlan(sparsity=0.4))
    recipe = Recipe(epochs=2, batch_size=16, distill=1.0)

    def wrong(request):
        for inputs, targets in normed.draw(request):
            yield inputs, (targets + 1) % 3

    one, other = (last(fine_tune(task, pruned, recipe)).model for task in (normed, replace(normed, draw=wrong)))
    assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


@pytest.mark.parametrize("granularity", ["neuron", "weight"])
def test_an_agent_learns_from_what_it_does_itself_also_after_units_went(granularity):
    task, acting = load("cartpole-policy"), []

    def draw(asked):
        for inputs, targets in task.draw(asked):
            acting.append(asked.model)
            yield inputs, targets

    watched = replace(task, draw=draw, score=lambda *given: iter([task.evaluate(task.model, limit=1)]))
    pruned = prune(task, PruningPlan(sparsity=0.5, granularity=granularity))
    recipe = Recipe(strategy="tune-first", steps=8, batch_size=256)
    final = last(fine_tune(watched, pruned, recipe))
    sizes = [sum(p.numel() for p in model.parameters()) for model in acting]
    learned = sum(p.numel() for p in final.model.parameters())
    assert len(acting) == 8 and sizes[:4] == [learned] * 4
    if granularity == "neuron":
        assert all(size < learned for size in sizes[5:])  # the batch of the cut itself was met before it
    else:
        assert sizes[5:] == [learned] * 3


@pytest.mark.parametrize("build", [lambda: nn.Dropout(0.3), lambda: torchvision.ops.StochasticDepth(0.5, "row")])
def test_whatever_is_left_to_chance_follows_the_seed(build):
    torch.manual_seed(1)

    class Noisy(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.chance, self.out = nn.Linear(16, 12), build(), nn.Linear(12, 3)

        def forward(self, x):
            x = self.chance(self.body(x.flatten(1)).relu())
            return self.out(x + 0.1 * torch.randn_like(x) * self.training)

    inputs = torch.randn(40, 1, 4, 4)
    task = task_of(Noisy(), inputs, torch.arange(40) % 3)
    pruned = prune(task, PruningPlan(sparsity=0.3))
    runs = []
    for seed in (0, 0, 5):
        torch.rand(7)  # whatever else happens with the general generator
        runs.append(last(fine_tune(task, pruned, Recipe(epochs=2, batch_size=8, seed=seed))).model.state_dict())
    assert all(torch.equal(value, runs[1][name]) for name, value in runs[0].items())
    assert not torch.equal(runs[0]["out.weight"], runs[2]["out.weight"])


def test_convnext_comes_out_the_same_each_time():
    torch.manual_seed(0)
    model = torchvision.models.convnext_tiny(stochastic_depth_prob=0.5, num_classes=3)
    task = task_of(model, torch.randn(4, 3, 32, 32), torch.arange(4) % 3)
    pruned = prune(task, PruningPlan(sparsity=0.5))
    one, two = (last(fine_tune(task, pruned, Recipe(steps=1, batch_size=4))).model.state_dict() for _ in range(2))
    assert all(torch.equal(value, two[name]) for name, value in one.items())


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("recalibrated", [False, True])
def test_a_last_batch_of_one_is_learned_from_with_batch_norm(batch, recalibrated):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))
    task = task_of(model, torch.randn(11, 1, 2, 2), torch.arange(11) % 3)
    recipe = Recipe(epochs=2, batch_size=batch, recalibrate=recalibrated)
    final = last(fine_tune(task, prune(task, PruningPlan(sparsity=0.3)), recipe))
    assert final.step == final.of
    assert all(value.isfinite().all() for value in final.model.state_dict().values())
