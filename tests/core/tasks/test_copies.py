"""A copy of a network is what `copy.deepcopy` makes of it, and shares nothing with the network."""

import copy

import pytest
import torch
import torchvision
import transformers
from torch import nn

from core.tasks import catalog, load
from core.tasks.copies import copy_network

SHIPPED = [info.name for info in catalog() if info.shipped]


class Tied(nn.Module):
    """Two layers with one weight, a module that stands outside of the modules, a hook, and a list that can change."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.register_buffer("seen", torch.zeros(4))
        self.register_buffer("window", self.seen[:2])
        self.aside = [self.first]
        self.calls = {"all": 0, "names": ["a"]}
        self.first.register_forward_hook(lambda module, inputs, output: output + 1)

    def forward(self, x):
        return self.second(self.aside[0](x))


class Itself(nn.Module):
    """Says itself how it is copied."""

    def __init__(self, marks=0):
        super().__init__()
        self.layer, self.marks = nn.Linear(2, 2), marks

    def __deepcopy__(self, known):
        return Itself(self.marks + 1)


def others():
    torch.manual_seed(0)
    bert = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, vocab_size=50
    )
    return {
        "ties": Tied(),
        "torchvision": torchvision.models.mobilenet_v3_small(num_classes=4),
        "attention": nn.TransformerEncoderLayer(8, 2, 16),
        "recurrent": nn.LSTM(4, 6, 2),
        "parametrised": nn.utils.parametrizations.weight_norm(nn.Linear(4, 4)),
        "transformers": transformers.BertForSequenceClassification(bert),
    }


def same(mine, theirs):
    """Whether two networks have the same names, values, dtypes and ties."""
    first, second = mine.state_dict(keep_vars=True), theirs.state_dict(keep_vars=True)
    assert list(first) == list(second)
    for name, value in first.items():
        assert type(value) is type(second[name]) and value.dtype == second[name].dtype, name
        assert value.requires_grad == second[name].requires_grad, name
        assert value.stride() == second[name].stride(), name
        torch.testing.assert_close(value, second[name], rtol=0, atol=0, equal_nan=True)
    ties = [[id(each) for each in found.values()] for found in (first, second)]
    assert [ids.index(one) for ids in ties for one in ids] == 2 * [ties[0].index(one) for one in ties[0]]


@pytest.mark.parametrize("name", [*SHIPPED, *others()])
def test_a_copy_is_what_deepcopy_makes(name):
    model = load(name).model if name in SHIPPED else others()[name]
    mine, theirs = copy_network(model), copy.deepcopy(model)
    same(mine, theirs)
    same(mine, model)
    assert [type(each) for each in mine.modules()] == [type(each) for each in theirs.modules()]
    assert [each.training for each in mine.modules()] == [each.training for each in model.modules()]
    shared = {value.data_ptr() for value in model.state_dict().values() if value.numel()}
    assert not shared & {value.data_ptr() for value in mine.state_dict().values() if value.numel()}
    assert not {id(each) for each in mine.modules()} & {id(each) for each in model.modules()}


def test_what_is_done_to_a_copy_is_not_seen_in_the_network():
    model, x = Tied(), torch.ones(1, 4)
    before = model(x)
    mine = copy_network(model)
    assert torch.equal(mine(x), before)  # the hook came along
    with torch.no_grad():
        mine.first.weight.zero_()
        mine.seen.fill_(1)
    mine.calls["names"].append("b")
    mine.first.register_forward_hook(lambda module, inputs, output: output * 0)
    mine.second.bias.requires_grad_(False)
    assert torch.equal(model(x), before) and not model.seen.any() and model.calls["names"] == ["a"]
    assert model.second.bias.requires_grad
    assert mine.second.weight is mine.first.weight and mine.aside[0] is mine.first
    assert mine.window.sum() == 2  # what looked at a part of another tensor still does


def test_a_module_that_copies_itself_does():
    assert copy_network(nn.Sequential(Itself(), nn.ReLU()))[0].marks == 1


def test_what_was_not_a_number_stays_so():
    model = nn.Linear(2, 2)
    with torch.no_grad():
        model.weight[0, 0] = torch.nan
    assert torch.isnan(copy_network(model).weight[0, 0])
