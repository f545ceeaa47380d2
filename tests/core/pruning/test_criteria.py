"""Scores against closed forms on networks small enough to work out by hand, and against plain loops."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import BadPlan
from core.pruning import PruningPlan, prune, rank
from core.pruning.criteria.calibration import BATCH_SIZE, BATCHES
from core.pruning.criteria.first_order import first_order
from tests.core.pruning.networks import task_of


def test_first_order_scores_by_hand(two_layers):
    scores = first_order(two_layers)
    hidden = torch.tensor([[1.0, 9.5], [4.0, 12.0]])
    answers = hidden @ torch.tensor([[1.0, 0.5], [-1.0, 2.0]])
    wrong = (answers.softmax(1) - torch.eye(2)) / 2  # gradient of the mean cross-entropy by the answers
    expected = (wrong.T @ hidden * two_layers.model[3].weight.detach()).abs() / BATCHES  # there is one batch only
    torch.testing.assert_close(scores["3.weight"], expected)
    inputs = torch.tensor([[3.0, 1.0], [4.0, 0.0]])
    back = wrong @ two_layers.model[3].weight.detach()  # ReLU is open everywhere
    expected = (back.T @ inputs * two_layers.model[1].weight.detach()).abs() / BATCHES
    torch.testing.assert_close(scores["1.weight"], expected)


def test_first_order_is_averaged_over_batches_of_training_data(mlp):
    scores, expected = first_order(mlp)["fc2.weight"], 0
    model = copy.deepcopy(mlp.model)
    batches = mlp.batches("train", BATCH_SIZE, torch.Generator().manual_seed(0), ())
    for _, (inputs, targets) in zip(range(BATCHES), batches, strict=False):
        model.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        expected = expected + (model.fc2.weight * model.fc2.weight.grad).abs() / BATCHES
    torch.testing.assert_close(scores, expected)


def test_batch_norm_scale_removes_the_channels_that_are_scaled_least(resnet):
    pruned = prune(resnet, PruningPlan(sparsity=0.3, granularity="channel", criterion="bn-scale", scope="layer"))
    gamma = resnet.model.stage3[0].bn1.weight.detach().abs()
    gone = ~pruned.masks["stage3.0.conv1.weight"].flatten(1).any(1)
    assert abs(int(gone.sum()) - 0.3 * 64) < 1
    assert gamma[gone].max() <= gamma[~gone].min()


def test_batch_norm_scale_without_batch_norm_is_a_sentence(lenet):
    with pytest.raises(BadPlan, match="batch normalisation"):
        rank(lenet, PruningPlan(granularity="channel", criterion="bn-scale"))


def test_zero_activations_counts_the_silence_of_each_unit(lenet):
    ranking = rank(lenet, PruningPlan(granularity="channel", criterion="zero-activations"))
    model, seen = lenet.model, []
    batches = lenet.batches("train", BATCH_SIZE, torch.Generator().manual_seed(0), ())
    for _, (inputs, _) in zip(range(BATCHES), batches, strict=False):
        with torch.no_grad():
            x = F.relu(F.max_pool2d(model.conv1(inputs), 2))
            y = F.relu(F.max_pool2d(model.conv2(x), 2))
            z = F.relu(model.fc1(y.flatten(1)))
        seen.append([(x != 0).float().mean((0, 2, 3)), (y != 0).float().mean((0, 2, 3)), (z != 0).float().mean(0)])
    for name, shares in zip(("conv1.weight", "conv2.weight", "fc1.weight"), zip(*seen, strict=True), strict=True):
        torch.testing.assert_close(ranking.scores[name], torch.stack(shares).mean(0), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("criterion", ["magnitude", "random", "activation", "first-order"])
def test_scoring_leaves_the_shared_model_alone_and_repeats(mlp, criterion):
    before = copy.deepcopy(mlp.model.state_dict())
    one, again = (rank(mlp, PruningPlan(criterion=criterion)) for _ in range(2))
    for name in mlp.prunable:
        assert one.scores[name].shape == before[name].shape
        assert torch.equal(one.scores[name], again.scores[name])
        assert not one.scores[name].requires_grad
    assert all(torch.equal(before[name], value) for name, value in mlp.model.state_dict().items())
    assert not any(module._forward_pre_hooks for module in mlp.model.modules())


@pytest.mark.parametrize("criterion", ["activation", "first-order", "magnitude"])
def test_every_criterion_beats_chance(lenet, criterion):
    judged, chance = (
        lenet.evaluate(prune(lenet, PruningPlan(sparsity=0.8, criterion=each)).model) for each in (criterion, "random")
    )
    assert judged.low > chance.high


def test_a_weight_that_takes_no_part_in_the_answer_has_no_effect_on_the_loss():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.flat, self.used, self.idle = nn.Flatten(), nn.Linear(4, 3), nn.Linear(4, 3)

        def forward(self, x):
            return self.used(self.flat(x))

    torch.manual_seed(0)
    task = task_of(Idle().eval(), torch.randn(12, 1, 2, 2), torch.arange(12) % 3)
    scores = rank(task, PruningPlan(criterion="first-order")).scores
    assert not scores["idle.weight"].any() and scores["used.weight"].any()
