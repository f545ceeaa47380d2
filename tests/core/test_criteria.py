"""Scores against closed forms on networks small enough to work out by hand, and against plain loops."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import BadPlan
from core.pruning import PruningPlan, prune, rank
from core.pruning.criteria import BATCH_SIZE, BATCHES, activation, first_order
from core.tasks import TaskInfo
from core.tasks.vision.data import Images
from core.tasks.vision.task import make_task


def task_of(model: nn.Module, inputs: torch.Tensor, labels: torch.Tensor):
    images = Images(inputs, labels)
    parameters = sum(p.numel() for p in model.parameters())
    info = TaskInfo("by-hand", "By hand", "vision", "Accuracy", parameters, "made by a test", False)
    counts = dict.fromkeys(("train", "validation", "test"), len(labels))
    return make_task(info, model, lambda split: images, counts, example=inputs[:1])


@pytest.fixture
def two_layers():
    """2 inputs, 2 hidden neurons with ReLU, 2 classes; two examples."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 2, bias=False))
    with torch.no_grad():
        model[1].weight.copy_(torch.tensor([[1.0, -2.0], [3.0, 0.5]]))
        model[3].weight.copy_(torch.tensor([[1.0, -1.0], [0.5, 2.0]]))
    inputs = torch.tensor([[3.0, 1.0], [4.0, 0.0]]).reshape(2, 1, 1, 2)
    return task_of(model, inputs, torch.tensor([0, 1]))


def test_activation_scores_by_hand(two_layers):
    scores = activation(two_layers)
    # inputs: columns (3, 4) and (1, 0), norms 5 and 1
    torch.testing.assert_close(scores["1.weight"], torch.tensor([[5.0, 2.0], [15.0, 0.5]]))
    # hidden: (3-2, 9.5) and (4, 12), so columns (1, 4) and (9.5, 12)
    norms = torch.tensor([17.0, 9.5**2 + 144]).sqrt()
    torch.testing.assert_close(scores["3.weight"], torch.tensor([[1.0, 1.0], [0.5, 2.0]]) * norms)


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


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2, "padding": 1},
        {"padding": 2, "dilation": 2},
        {"groups": 2},
        {"groups": 4, "padding": 1},
        {"kernel_size": (1, 3), "stride": (2, 1), "padding": (0, 1)},
    ],
)
def test_activation_scores_of_a_convolution_equal_those_of_its_unfolded_patches(options):
    torch.manual_seed(0)
    options = {"kernel_size": (3, 3), **options}
    layer = nn.Conv2d(4, 8, **options)
    model = nn.Sequential(layer, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    inputs = torch.randn(6, 4, 9, 8)
    scores = activation(task_of(model, inputs, torch.arange(6) % 2))["0.weight"]
    groups = options.pop("groups", 1)
    patches = F.unfold(inputs, **options)  # (n, 4 * kh * kw, places)
    norms = patches.square().sum((0, 2)).sqrt().reshape(4, *layer.kernel_size)
    for out in range(8):
        first = out // (8 // groups) * (4 // groups)
        expected = layer.weight[out].abs() * norms[first : first + 4 // groups]
        torch.testing.assert_close(scores[out], expected)


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
    assert int(gone.sum()) == round(0.3 * 64)
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
