"""Operations against closed forms, what others count, and the usual size of an example."""

from dataclasses import replace

import pytest
import torch
import torchvision

from core.measure import effective, macs
from core.measure.cost import PRODUCTS
from core.pruning import PruningPlan, prune
from core.tasks import load
from tests.core.pruning.networks import attentive_task


@pytest.fixture
def attentive():
    return attentive_task()


def test_operations_of_lenet_by_hand(lenet):
    assert macs(lenet.model, lenet.example) == {
        "conv1": 24 * 24 * 20 * 25,
        "conv2": 8 * 8 * 50 * 20 * 25,
        "fc1": 800 * 500,
        "fc2": 500 * 10,
    }


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


def test_operations_of_projections_that_are_not_called_are_with_their_weights():
    torch.manual_seed(0)
    model = torchvision.models.SwinTransformer([4, 4], 16, [1, 1], [2, 4], [4, 4], num_classes=3).eval()
    found = macs(model, torch.zeros(1, 3, 32, 32))
    assert found["features.1.0.attn.qkv"] == 8 * 8 * 16 * 48
    assert found["features.1.0.attn.proj"] == 8 * 8 * 16 * 16
    assert found["features.3.0.attn.qkv"] == 4 * 4 * 32 * 96
    assert found[PRODUCTS] == 2 * (4 * 16 * 16 * 16 + 1 * 16 * 16 * 32)
