"""Size times input against plain loops: every kind of layer and padding, and what cannot be seen."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.pruning import PruningPlan, prune
from core.pruning.criteria.activation import activation
from tests.core.pruning.networks import task_of


def test_activation_scores_by_hand(two_layers):
    scores = activation(two_layers)
    # inputs: columns (3, 4) and (1, 0), norms 5 and 1
    torch.testing.assert_close(scores["1.weight"], torch.tensor([[5.0, 2.0], [15.0, 0.5]]))
    # hidden: (3-2, 9.5) and (4, 12), so columns (1, 4) and (9.5, 12)
    norms = torch.tensor([17.0, 9.5**2 + 144]).sqrt()
    torch.testing.assert_close(scores["3.weight"], torch.tensor([[1.0, 1.0], [0.5, 2.0]]) * norms)


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


def test_the_projection_behind_torchs_attention_is_weighed_with_what_it_reads(attentive):
    scores = activation(attentive)["attention.out_proj.weight"]
    model, read = attentive.model, []
    for inputs, _ in [next(iter(attentive.batches("train", 128, torch.Generator().manual_seed(0), ())))]:
        x = model.embed(inputs).flatten(2).transpose(1, 2) + model.position
        q, k, v = F.linear(x, model.attention.in_proj_weight, model.attention.in_proj_bias).chunk(3, -1)
        q, k, v = (each.unflatten(-1, (2, 4)).transpose(1, 2) for each in (q, k, v))
        read.append(((q @ k.transpose(-2, -1) / 2).softmax(-1) @ v).transpose(1, 2).flatten(2))
    norms = torch.cat(read).flatten(0, 1).norm(dim=0)
    torch.testing.assert_close(scores, model.attention.out_proj.weight.abs() * norms, rtol=1e-4, atol=1e-5)
    kept = prune(attentive, PruningPlan(sparsity=0.3, criterion="activation")).masks["attention.out_proj.weight"]
    assert kept.float().mean() > 0.3


class Functional(nn.Module):
    """A layer whose weight is used, but which is never called."""

    def __init__(self):
        super().__init__()
        self.flat, self.hidden, self.out = nn.Flatten(), nn.Linear(4, 6), nn.Linear(6, 3)

    def forward(self, x):
        return self.out(F.relu(F.linear(self.flat(x), self.hidden.weight, self.hidden.bias)))


def test_what_cannot_be_seen_stays_whole_and_is_named():
    torch.manual_seed(0)
    task = task_of(Functional().eval(), torch.randn(12, 1, 2, 2), torch.arange(12) % 3)
    pruned = prune(task, PruningPlan(sparsity=0.9, criterion="activation"))
    assert pruned.unscored == ("hidden.weight",)
    assert pruned.masks["hidden.weight"].all()
    assert not pruned.masks["out.weight"].any()
    assert prune(task, PruningPlan(sparsity=0.9)).unscored == ()


@pytest.mark.parametrize("options", [{"padding": "same"}, {"padding": "same", "dilation": 3}, {"padding": "valid"}])
def test_padding_by_its_name_is_scored_like_padding_by_numbers(options):
    torch.manual_seed(0)
    layer = nn.Conv2d(4, 6, 3, **options)
    reach = layer.dilation[0] if options["padding"] == "same" else 0
    plain = nn.Conv2d(4, 6, 3, padding=reach, dilation=layer.dilation)
    plain.load_state_dict(layer.state_dict())
    inputs = torch.randn(6, 4, 9, 8)
    one, two = (
        activation(task_of(nn.Sequential(each, nn.AdaptiveAvgPool2d(1), nn.Flatten()), inputs, torch.arange(6) % 2))
        for each in (layer, plain)
    )
    torch.testing.assert_close(one["0.weight"], two["0.weight"])


@pytest.mark.parametrize("mode", ["circular", "reflect", "replicate"])
def test_padding_with_the_picture_itself_is_seen(mode):
    torch.manual_seed(0)
    layer = nn.Conv2d(2, 3, 3, padding=1, padding_mode=mode)
    inputs = torch.randn(5, 2, 6, 6)
    scores = activation(task_of(nn.Sequential(layer, nn.Flatten()), inputs, torch.arange(5) % 2))["0.weight"]
    patches = F.unfold(F.pad(inputs, [1, 1, 1, 1], mode=mode), 3)
    norms = patches.square().sum((0, 2)).sqrt().reshape(2, 3, 3)
    torch.testing.assert_close(scores, layer.weight.abs() * norms)


def test_convolutions_of_one_and_three_dimensions_are_weighed_too():
    torch.manual_seed(0)
    line = nn.Sequential(nn.Flatten(2), nn.Conv1d(2, 3, 3, stride=2, padding=1), nn.Flatten())
    inputs = torch.randn(5, 2, 3, 4)
    scores = activation(task_of(line, inputs, torch.arange(5) % 2))["1.weight"]
    windows = F.pad(inputs.flatten(2), [1, 1]).unfold(2, 3, 2)  # (n, 2, places, 3)
    torch.testing.assert_close(scores, line[1].weight.abs() * windows.square().sum((0, 2)).sqrt())
    space = nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Conv3d(1, 2, (2, 2, 2)), nn.Flatten())
    scores = activation(task_of(space, inputs, torch.arange(5) % 2))["1.weight"]
    assert not torch.allclose(scores, space[1].weight.abs())
