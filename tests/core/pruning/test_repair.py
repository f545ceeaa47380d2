"""Repair against numpy's least squares, by hand, on layers of every kind, and with little or nothing to learn from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core.errors import BadInput
from core.pruning import PruningPlan, prune, shrink
from core.pruning.by_hand import repair_layer
from core.pruning.least_squares import solve_kept
from core.pruning.repair import repair, repair_in_rounds
from core.pruning.teacher import ask_dense, unrepaired
from core.tasks import TaskInfo
from core.tasks.base import SPLITS
from core.tasks.vision.data import Images
from core.tasks.vision.task import make_task


def task_of(model: nn.Module, inputs: torch.Tensor, classes: int = 3):
    """Return a task whose every split is the same examples, with labels that nobody reads."""
    images = Images(inputs, torch.arange(len(inputs)) % classes)
    info = TaskInfo("tiny", "Tiny", "vision", "Accuracy", 1, "made by a test", False)
    return make_task(info, model.eval(), lambda split: images, dict.fromkeys(SPLITS, len(inputs)), inputs[:1])


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def linear(inputs: int = 6, outputs: int = 3, bias: bool = True) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, outputs, bias=bias))


def far(task, first: nn.Module, second: nn.Module) -> float:
    """Return how far the answers of two networks lie apart on all training examples, squared."""
    (inputs, _), *_ = task.batches("train", task.count("train"), torch.Generator().manual_seed(0))
    with torch.no_grad():
        return float((first(inputs) - second(inputs)).square().sum())


def test_one_layer_equals_least_squares_of_numpy():
    task = task_of(linear(), drawn(200, 1, 2, 3))
    pruned = prune(task, PruningPlan(sparsity=0.5))
    layer, kept = repair(task, pruned).model[1], pruned.masks["1.weight"].numpy()
    seen = task.model[0](next(iter(task.batches("train", 200, torch.Generator())))[0]).double().numpy()
    said = seen @ task.model[1].weight.detach().double().numpy().T + task.model[1].bias.detach().double().numpy()
    for row in range(3):
        columns = np.column_stack([seen[:, kept[row]], np.ones(200)])
        best, *_ = np.linalg.lstsq(columns, said[:, row], rcond=None)
        found = [*layer.weight[row].detach().numpy()[kept[row]], float(layer.bias[row].detach())]
        np.testing.assert_allclose(found, best, atol=2e-3)  # the ridge pulls a little


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_one_layer_equals_the_one_by_hand(share):
    task = task_of(linear(12, 5), drawn(300, 1, 3, 4))
    pruned = prune(task, PruningPlan(sparsity=share))
    layer = repair(task, pruned).model[1]
    (inputs, _), *_ = task.batches("train", 300, torch.Generator().manual_seed(0))
    before, seen = pruned.model[1], inputs.flatten(1).double()
    said = nn.functional.linear(seen, task.model[1].weight.double(), task.model[1].bias.double()).detach().numpy()
    weights, biases = repair_layer(
        before.weight.detach().double().numpy(),
        before.bias.detach().double().numpy(),
        pruned.masks["1.weight"].numpy(),
        seen.numpy(),
        said,
    )
    np.testing.assert_allclose(layer.weight.detach().numpy(), weights, atol=1e-5)
    np.testing.assert_allclose(layer.bias.detach().numpy(), biases, atol=1e-5)


@given(
    st.integers(1, 6),
    st.integers(1, 9),
    st.integers(0, 2**16),
    st.sampled_from([0.1, 0.4, 0.7, 0.95]),
)
def test_kept_weights_solve_their_own_systems_whatever_is_kept(outputs, inputs, seed, density):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(30, inputs))
    gram, cross, kept = (
        x.T @ x + np.eye(inputs),
        rng.normal(size=(outputs, inputs)),
        rng.random((outputs, inputs)) < density,
    )
    found = solve_kept(*(torch.from_numpy(each) for each in (gram, cross, kept))).numpy()
    for row in range(outputs):
        own = kept[row]
        np.testing.assert_allclose(found[row, own], np.linalg.solve(gram[np.ix_(own, own)], cross[row, own]), atol=1e-9)
        assert not found[row, ~own].any()


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2),
        nn.Conv2d(4, 4, 3, groups=4, bias=False),
        nn.Conv2d(4, 5, (3, 1), padding=(2, 1), dilation=(2, 1), padding_mode="reflect"),
        nn.Conv2d(4, 5, 3, padding="same"),
    ],
    ids=["grouped and strided", "depthwise", "dilated and mirrored", "same"],
)
def test_a_convolution_equals_least_squares_on_unfolded_pictures(layer):
    torch.manual_seed(5)
    layer.reset_parameters()
    inputs = drawn(40, 4, 8, 8)
    task = task_of(nn.Sequential(layer, nn.Flatten()), inputs)
    pruned = prune(task, PruningPlan(sparsity=0.5))
    found = repair(task, pruned).model[0]
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    padded = nn.functional.pad(inputs, layer._reversed_padding_repeated_twice, mode=mode)
    rows = nn.functional.unfold(padded, layer.kernel_size, layer.dilation, 0, layer.stride)  # (n, in * kernel, places)
    rows = rows.transpose(1, 2).reshape(-1, layer.groups, layer.weight[0].numel()).double().numpy()
    with torch.no_grad():
        said = layer(inputs).flatten(2).transpose(1, 2).reshape(-1, layer.out_channels).double().numpy()
    kept = pruned.masks["0.weight"].flatten(1).numpy()
    for out in range(layer.out_channels):
        seen = rows[:, out // (layer.out_channels // layer.groups), kept[out]]
        columns = seen if layer.bias is None else np.column_stack([seen, np.ones(len(seen))])
        best, *_ = np.linalg.lstsq(columns, said[:, out], rcond=None)
        solved = found.weight[out].detach().flatten().numpy()[kept[out]]
        np.testing.assert_allclose(solved, best[: kept[out].sum()], atol=5e-3)


@given(st.integers(0, 2**16), st.floats(0.05, 0.95), st.integers(2, 40))
def test_it_is_never_worse_than_nothing_on_its_own_examples(seed, share, count):
    torch.manual_seed(seed)
    task = task_of(nn.Sequential(nn.Flatten(), nn.Linear(6, 4)), drawn(count, 1, 2, 3, seed=seed))
    pruned = prune(task, PruningPlan(sparsity=share))
    repaired = repair(task, pruned)
    before, after = far(task, task.model, pruned.model), far(task, task.model, repaired.model)
    assert after <= before * (1 + 1e-5) + 1e-6
    assert not repaired.model[1].weight[~pruned.masks["1.weight"]].any()


@pytest.mark.parametrize(
    "plan",
    [
        PruningPlan(sparsity=0.9),
        PruningPlan(granularity="2:4"),
        PruningPlan(sparsity=0.5, granularity="neuron"),
        PruningPlan(sparsity=0.5, granularity="channel"),
    ],
    ids=lambda plan: plan.granularity,
)
def test_what_is_removed_stays_removed_and_much_comes_back(lenet, plan):
    pruned = prune(lenet, plan)
    before = {name: value.clone() for name, value in pruned.model.state_dict().items()}
    repaired = repair(lenet, pruned, examples=500)
    for name, mask in {**pruned.masks, **pruned.companion_masks}.items():
        assert not repaired.model.get_parameter(name)[~mask].any()
    assert repaired.masks is pruned.masks
    assert all(torch.equal(value, before[name]) for name, value in pruned.model.state_dict().items())
    judged = [lenet.evaluate(each.model, limit=1000).value for each in (pruned, repaired)]
    assert judged[1] > judged[0]
    if plan.structured:
        with torch.no_grad():
            some = next(iter(lenet.batches("validation", 8, torch.Generator().manual_seed(0))))[0]
            torch.testing.assert_close(shrink(repaired)(some), repaired.model(some), atol=1e-3, rtol=1e-3)


def test_the_same_again_is_the_same(lenet):
    pruned = prune(lenet, PruningPlan(sparsity=0.9))
    first, second = (repair(lenet, pruned, examples=300).model.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_removing_nothing_changes_nothing(lenet):
    repaired = repair(lenet, prune(lenet, PruningPlan()), examples=300)
    for name, value in lenet.model.state_dict().items():
        assert torch.equal(repaired.model.state_dict()[name], value)


@pytest.mark.parametrize(
    "inputs", [torch.zeros(20, 1, 2, 3), drawn(1, 1, 2, 3).expand(20, -1, -1, -1), drawn(2, 1, 2, 3)]
)
def test_little_to_learn_from_leaves_finite_weights(inputs):
    task = task_of(linear(), inputs.contiguous())
    repaired = repair(task, prune(task, PruningPlan(sparsity=0.5)))
    assert all(bool(torch.isfinite(value).all()) for value in repaired.model.state_dict().values())


def test_a_layer_of_which_nothing_is_left_says_its_mean():
    task = task_of(linear(), drawn(100, 1, 2, 3))
    pruned = prune(task, PruningPlan(sparsity=1.0))
    (inputs, _), *_ = task.batches("train", 100, torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(repair(task, pruned).model[1].bias, task.model(inputs).mean(0), atol=1e-4, rtol=0)


def test_a_weight_that_two_layers_share_stays_as_it_is():
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second, self.last = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)
            self.second.weight = self.first.weight

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(torch.relu(self.second(torch.relu(self.first(x.flatten(1))))))

    task = task_of(Tied(), drawn(100, 1, 2, 3))
    pruned = prune(task, PruningPlan(sparsity=0.5))
    assert ask_dense(task).left_out == ("first", "second")
    repaired = repair(task, pruned).model
    torch.testing.assert_close(repaired.first.weight, pruned.model.first.weight, atol=0, rtol=0)
    assert not torch.equal(repaired.last.weight, pruned.model.last.weight)


def test_without_examples_a_sentence_says_what_to_bring(tiny):
    with pytest.raises(BadInput, match=r"examples.*Bring"):
        repair(replace(tiny, count=lambda split: 0), prune(tiny, PruningPlan(sparsity=0.5)))


def test_rounds_meet_the_plan_and_tell_how_far_they_are(lenet):
    told = []
    plan = PruningPlan(sparsity=0.95, scope="lamp")
    found = repair_in_rounds(lenet, plan, rounds=2, examples=300, tell=lambda done, of: told.append((done, of)))
    assert found.plan == plan
    assert found.sparsity == pytest.approx(0.95, abs=1e-4)
    assert told == [(n, 8) for n in range(1, 9)]


def test_a_layer_whose_matrix_would_be_too_large_is_named_and_stays_as_it_was_pruned(monkeypatch):
    torch.manual_seed(4)
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 3))
    task = task_of(model, drawn(40, 1, 2, 3))
    monkeypatch.setattr("core.pruning.teacher.MOST_BYTES", 8 * 11**2)
    assert unrepaired(task.model) == ask_dense(task).left_out == ("3",)
    pruned = prune(task, PruningPlan(sparsity=0.5))
    repaired = repair(task, pruned)
    torch.testing.assert_close(repaired.model[3].weight, pruned.model[3].weight, rtol=0, atol=0)
    assert not torch.equal(repaired.model[1].weight, pruned.model[1].weight)


def test_layers_that_use_one_weight_are_named():
    one = nn.Linear(4, 4)
    other = nn.Linear(4, 4)
    other.weight = one.weight
    assert unrepaired(nn.Sequential(one, nn.ReLU(), other, nn.Linear(4, 2))) == ("0", "2")
