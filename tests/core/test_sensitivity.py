"""Scans layer by layer against judging the whole network each time."""

import itertools

import pytest
import torch

from core.measure import join_parts, sensitivity
from core.pruning import PruningPlan, prune
from core.tasks import load

SPARSITIES = (0.0, 0.5, 0.9)


def whole(task, name, sparsity, limit=None):
    """Judge a network of which one layer alone is pruned, without any shortcut."""
    plan = PruningPlan(sparsity=0.0, overrides={name: sparsity})
    return task.evaluate(prune(task, plan).model, "validation", limit)


@pytest.mark.parametrize("name", ["fashion-lenet5", "fashion-mlp", "reuters-cnn", "movielens-ncf"])
def test_a_scan_says_what_the_whole_network_says_to_the_last_digit(name):
    task = load(name)
    limit = 500  # examples are enough where only sameness is asked for
    *_, scan = sensitivity(task, SPARSITIES, limit=limit)
    assert scan.seen == scan.of == limit
    assert set(scan.qualities) == {name for name in task.prunable if name not in task.opt_in_parameters}
    for layer, place in itertools.product(scan.qualities, range(len(SPARSITIES))):
        expected, found = whole(task, layer, SPARSITIES[place], limit), scan.qualities[layer][place]
        assert found.n == expected.n
        assert found.value == pytest.approx(expected.value, abs=1e-6)


def test_shortcuts_and_batch_norm_are_followed(resnet):
    *_, scan = sensitivity(resnet, (0.9,), limit=300)
    for layer in scan.qualities:
        assert scan.qualities[layer][0] == whole(resnet, layer, 0.9, 300), layer


def test_a_network_that_cannot_be_traced_is_judged_as_a_whole():
    task = load("reuters-minilm")
    scan = next(sensitivity(task, (0.9,), limit=20))
    layer = next(iter(scan.qualities))
    assert scan.qualities[layer][0] == whole(task, layer, 0.9, 20)


def test_an_agent_whose_inputs_follow_from_its_actions_is_judged_right():
    task = load("cartpole-policy")
    *_, scan = sensitivity(task, (0.0, 0.99))
    for layer, (first, last) in scan.qualities.items():
        assert first == task.evaluate(task.model)
        assert last == whole(task, layer, 0.99)


def test_early_figures_come_first_and_the_most_fragile_layer_leads(lenet):
    seen = list(sensitivity(lenet, SPARSITIES))
    assert [scan.seen for scan in seen] == sorted({scan.seen for scan in seen})
    assert len(seen) > 3
    last = seen[-1]
    kept = {name: sum(whole(lenet, name, share).value for share in SPARSITIES) for name in lenet.prunable}
    assert last.by_fragility() == sorted(kept, key=kept.__getitem__)


def test_the_shared_network_stays_as_it_is(tiny):
    before = {name: value.clone() for name, value in tiny.model.state_dict().items()}
    list(sensitivity(tiny, SPARSITIES))
    assert all(torch.equal(value, before[name]) for name, value in tiny.model.state_dict().items())
    with pytest.raises(ValueError, match="at least one"):
        next(sensitivity(tiny, ()))


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_a_scan_in_parts_is_that_of_one_piece(lenet, parts):
    whole = list(sensitivity(lenet, (0.5, 0.9), limit=600))
    shares = [list(sensitivity(lenet, (0.5, 0.9), limit=600, part=(number, parts))) for number in range(parts)]
    joined = [join_parts(each) for each in zip(*shares, strict=True)]
    assert joined == whole
    assert [list(each.qualities) for each in joined] == [list(each.qualities) for each in whole]
