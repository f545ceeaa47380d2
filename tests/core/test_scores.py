"""Scores of what is not called as a layer, of all kinds of padding and dimensions, and of nothing at all."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.measure import effective, macs
from core.measure.cost import PRODUCTS
from core.pruning import PruningPlan, prune, rank
from core.pruning.criteria import activation
from core.tasks import load
from tests.core.test_criteria import task_of
from tests.core.test_smaller_networks import attentive_task


@pytest.fixture
def attentive():
    return attentive_task()


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


def test_operations_of_attention_are_counted_in_closed_form(attentive):
    found = macs(attentive.model, attentive.example)
    assert found == {
        "embed": 9 * 8 * 3 * 16,
        "out": 8 * 3,
        "attention": 9 * 3 * 8 * 8,
        "attention.out_proj": 9 * 8 * 8,
        PRODUCTS: 2 * 9 * 9 * 8,
    }
    pruned = prune(attentive, replace(PruningPlan(), overrides={"attention.out_proj.weight": 0.5})).model
    assert effective(pruned, found)["attention.out_proj"] == 9 * 8 * 8 // 2
    assert effective(pruned, found)[PRODUCTS] == 2 * 9 * 9 * 8


def test_operations_of_torchvisions_vit_are_those_it_publishes():
    import torchvision

    weights = torchvision.models.get_model_weights("vit_b_16").DEFAULT
    found = macs(torchvision.models.get_model("vit_b_16").eval(), torch.zeros(1, 3, 224, 224))
    assert sum(found.values()) / 1e9 == pytest.approx(weights.meta["_ops"], abs=0.005)
    assert sum(found.values()) / 1e9 == pytest.approx(17.56, abs=0.01)


@pytest.mark.parametrize("name", ["reuters-cnn", "reuters-minilm"])
def test_operations_of_texts_are_of_the_median_text_and_say_so(name):
    task = load(name)
    lengths = sorted(len(each) for each in _read(task))
    median = lengths[len(lengths) // 2]
    assert (
        task.inputs.usual_size()
        == f"{median} {'words' if name == 'reuters-cnn' else 'word pieces'}, the median of the " + ("validation data")
    )
    inputs = task.inputs_of_usual_size(3)
    assert inputs.shape == (3, median)
    found = sum(macs(task.model, task.inputs_of_usual_size(1)).values())
    if name == "reuters-cnn":
        filters = sum((median - k + 1) * k * 64 * 100 for k in (3, 4, 5))
        assert found == filters + 300 * 8 == 4_828_000
    else:
        assert found > 300e6


def _read(task):
    """Each validation text's words, as batches of one have them."""
    for inputs, _ in task.batches("validation", 1, torch.Generator(), ()):
        yield inputs[0]
