"""Whole units: masked and removed are the same network, and Torch-Pruning counts it the same way."""

import copy
from dataclasses import replace

import pytest
import torch
import torch_pruning as tp
import torchvision
from safetensors.torch import load, save
from torch import nn
from torch.nn.utils import prune as reference

from core.errors import BadPlan
from core.measure import macs
from core.pruning import PruningPlan, prune, resized, shrink, sizes
from core.tasks.base import Heads
from core.tuning import Recipe, fine_tune
from tests.core.pruning.networks import task_of

PLANS = [
    PruningPlan(sparsity=0.5, granularity="channel"),
    PruningPlan(sparsity=0.3, granularity="channel", scope="layer", norm="l1"),
    PruningPlan(sparsity=0.7, granularity="channel", scope="lamp", criterion="first-order"),
    PruningPlan(sparsity=0.6, granularity="channel", scope="erk", criterion="activation"),
    PruningPlan(sparsity=0.4, granularity="channel", criterion="zero-activations"),
    PruningPlan(sparsity=0.9, granularity="channel", criterion="random"),
    PruningPlan(sparsity=1.0, granularity="channel"),
]


@pytest.mark.parametrize("name", ["mlp", "lenet", "resnet"])
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan.criterion}-{plan.scope}-{plan.sparsity}")
def test_the_smaller_network_gives_the_same_outputs_as_the_masked_one(name, plan, request):
    task = request.getfixturevalue(name)
    pruned = prune(task, plan)
    small = shrink(pruned)
    (inputs, _), *_ = task.batches("validation", 64, torch.Generator().manual_seed(0), ())
    with torch.no_grad():
        torch.testing.assert_close(small(inputs), pruned.model(inputs), atol=1e-4, rtol=1e-4)
    before, after = (sum(p.numel() for p in model.parameters()) for model in (task.model, small))
    assert after < before * (1 - pruned.sparsity / 2)


@pytest.mark.parametrize("name", ["mlp", "lenet", "resnet"])
def test_torch_pruning_counts_the_same_parameters_and_operations(name, request):
    task = request.getfixturevalue(name)
    for model in (task.model, shrink(prune(task, PruningPlan(sparsity=0.5, granularity="channel")))):
        theirs, parameters = tp.utils.count_ops_and_params(copy.deepcopy(model), task.example)
        assert parameters == sum(p.numel() for p in model.parameters())
        extra = 0  # they count an operation for each bias that is added, and two for each batch-normalised number

        def count(module, _, output):
            nonlocal extra
            extra += 2 * output.numel() if isinstance(module, nn.BatchNorm2d) else 0
            extra += output.numel() if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None else 0

        watched = copy.deepcopy(model)
        for module in watched.modules():
            module.register_forward_hook(count)
        watched(task.example)
        assert sum(macs(model, task.example).values()) + extra == theirs


@pytest.mark.parametrize(("norm", "n"), [("l1", 1), ("l2", 2)])
@pytest.mark.parametrize("sparsity", [0.25, 0.5])
def test_rows_and_filters_equal_those_of_ln_structured(lenet, norm, n, sparsity):
    names = ("conv1", "conv2", "fc1")
    own = dict.fromkeys([f"{name}.weight" for name in names], sparsity)
    pruned = prune(lenet, PruningPlan(granularity="channel", norm=norm, overrides=own))
    model = copy.deepcopy(lenet.model)
    for name in names:
        module = reference.ln_structured(model.get_submodule(name), "weight", sparsity, n=n, dim=0)
        assert torch.equal(pruned.masks[f"{name}.weight"], module.weight_mask.bool())
    assert pruned.masks["fc2.weight"].all()  # its rows are the answers


def test_a_removed_channel_says_exactly_zero(resnet):
    pruned = prune(resnet, PruningPlan(sparsity=0.5, granularity="channel"))
    block, heard = pruned.model.stage3[1], {}
    block.bn1.register_forward_hook(lambda module, _, output: heard.update(output=output))
    with torch.no_grad():
        pruned.model(torch.randn(8, 1, 28, 28))
    gone = ~pruned.masks["stage3.1.conv1.weight"].flatten(1).any(1)
    assert gone.any()
    assert (heard["output"][:, gone] == 0).all()


def test_what_a_residual_addition_couples_goes_together(resnet):
    pruned = prune(resnet, PruningPlan(sparsity=0.6, granularity="channel"))
    together = ["stage3.0.conv2.weight", "stage3.0.shortcut.0.weight", "stage3.1.conv2.weight"]
    rows = [pruned.masks[name].flatten(1).any(1) for name in together]
    assert torch.equal(rows[0], rows[1])
    assert torch.equal(rows[0], rows[2])
    assert not rows[0].all()


@pytest.mark.parametrize("target", [0.1, 0.5, 0.83])
def test_a_target_is_met_to_one_unit(lenet, target):
    pruned = prune(lenet, PruningPlan(sparsity=target, granularity="channel"))
    assert abs(pruned.sparsity - target) * 430_500 <= 800 / 2 + 1  # the largest unit has 800 weights


def test_a_higher_threshold_never_brings_a_unit_back(lenet):
    low, high = (prune(lenet, PruningPlan(threshold=t, granularity="channel")) for t in (0.03, 0.05))
    assert 0 < low.sparsity < high.sparsity
    for name in low.masks:
        assert not (high.masks[name] & ~low.masks[name]).any()


def test_neurons_are_rows_of_fully_connected_layers_only(lenet, resnet):
    pruned = prune(lenet, PruningPlan(sparsity=0.5, granularity="neuron"))
    assert pruned.masks["conv1.weight"].all()
    assert pruned.masks["conv2.weight"].all()
    assert not pruned.masks["fc1.weight"].all()
    assert set(pruned.companion_masks) == {"fc1.bias"}
    with pytest.raises(BadPlan, match="no fully connected layer before the last one"):
        prune(resnet, PruningPlan(sparsity=0.5, granularity="neuron"))


def test_the_smaller_network_loads_again_from_its_state_and_its_sizes(resnet):
    small = shrink(prune(resnet, PruningPlan(sparsity=0.6, granularity="channel")))
    content, shapes = save(small.state_dict()), sizes(small)
    again = resized(type(resnet.model)(), shapes)
    again.load_state_dict(load(content))
    again.eval()
    x = torch.randn(4, 1, 28, 28)
    with torch.no_grad():
        assert torch.equal(again(x), small(x))


def test_single_weights_leave_nothing_to_shrink_unless_a_unit_is_all_zero(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    assert sizes(shrink(pruned)) == sizes(tiny.model)
    with torch.no_grad():
        pruned.model[1].weight[2] = pruned.model[1].bias[2] = 0
    assert shrink(pruned)[1].weight.shape == (7, 4)


def test_shrinking_changes_neither_the_task_nor_the_masked_network(resnet):
    pruned = prune(resnet, PruningPlan(sparsity=0.5, granularity="channel"))
    states = [copy.deepcopy(model.state_dict()) for model in (resnet.model, pruned.model)]
    shrink(pruned)
    for before, model in zip(states, (resnet.model, pruned.model), strict=True):
        assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(p.requires_grad for p in resnet.model.parameters())


def test_removed_units_stay_zero_while_the_rest_learns(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.4, granularity="neuron"))
    *_, final = fine_tune(tiny, pruned, Recipe(epochs=5, batch_size=16, learning_rate=0.05, weight_decay=0.1))
    gone = ~pruned.masks["1.weight"].any(1)
    assert gone.any()
    assert (final.model[1].weight[gone] == 0).all()
    assert (final.model[1].bias[gone] == 0).all()


class Attention(nn.Module):
    """One attention layer of 4 heads over 5 places of 8 numbers, and a class by their mean."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(8, 8) for _ in range(4))
        self.classes = nn.Linear(8, 2)

    def forward(self, x, without=()):
        x = x.flatten(2).squeeze(1).unflatten(-1, (5, 8))
        q, k, v = (f(x).unflatten(-1, (4, 2)).transpose(1, 2) for f in (self.query, self.key, self.value))
        heads = nn.functional.scaled_dot_product_attention(q, k, v).clone()  # (n, 4, 5, 2)
        heads[:, list(without)] = 0
        return self.classes(self.out(heads.transpose(1, 2).flatten(2)).mean(1))


def test_removing_a_head_equals_zeroing_what_it_says():
    torch.manual_seed(0)
    task = task_of(Attention(), torch.randn(6, 1, 1, 40), torch.arange(6) % 2)
    rows = tuple(f"{name}.{leaf}" for name in ("query", "key", "value") for leaf in ("weight", "bias"))
    object.__setattr__(task, "heads", (Heads(4, rows, ("out.weight",)),))
    pruned = prune(task, PruningPlan(sparsity=0.4, granularity="head"))
    gone = [h for h in range(4) if not pruned.masks["out.weight"][:, 2 * h : 2 * h + 2].any()]
    assert len(gone) == 2
    x = torch.randn(6, 1, 1, 40)
    with torch.no_grad():
        torch.testing.assert_close(pruned.model(x), task.model(x, without=gone))
    assert pruned.masks["classes.weight"].all()


def test_a_model_without_heads_says_so(lenet):
    with pytest.raises(BadPlan, match="no attention heads"):
        prune(lenet, PruningPlan(sparsity=0.5, granularity="head"))


def test_a_network_whose_units_cannot_be_told_apart_is_a_sentence(tiny):
    class Shuffled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = torchvision.models.shufflenet_v2_x0_5(num_classes=3)

        def forward(self, pixels):
            return self.body(pixels)

    task = replace(tiny, model=Shuffled().eval(), prunable=("body.conv1.0.weight",), example=torch.zeros(1, 3, 64, 64))
    with pytest.raises(BadPlan, match=r"which units of this network belong together.*Choose single weights"):
        prune(task, PruningPlan(sparsity=0.5, granularity="channel"))
