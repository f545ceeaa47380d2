"""What all fields share when a network learns something new: names, fresh heads, chosen examples, old knowledge."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split
from torch import nn

from core.errors import BadInput, UnknownTask
from core.measure import compare_ways, forgotten_of_old
from core.measure.adapting import WAYS
from core.pruning import PruningPlan, prune
from core.tasks.adapting import choose_examples, drawn, fresh_head, from_scratch, head_of, starting_network
from core.tasks.names import STARTS, TaskName
from core.tasks.vision.networks import LeNet300, SmallResNet
from core.tuning import Recipe, fine_tune, preset_for


@pytest.mark.parametrize("start", STARTS)
def test_a_name_says_all_and_reads_back(start):
    for count, seed in ((None, 0), (10, 0), (200, 3), (None, 12)):
        name = TaskName("fashion-mlp", "digits", count, start, seed)
        assert TaskName.read(str(name)) == name
        assert name.untargeted == "fashion-mlp"


@pytest.mark.parametrize(
    "wrong", ["a~", "a~b:0", "a~b:-1", "a~b.0", "a~b:1:2", "a~B", "a~b~c", "a~b~scratch~x", "a~b:1e3"]
)
def test_what_cannot_be_a_name_is_refused(wrong):
    with pytest.raises(UnknownTask):
        TaskName.read(wrong)


def test_a_fresh_head_is_what_torch_draws_and_all_else_stays():
    model = LeNet300()
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    found = fresh_head(model, 7, seed=5)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(5)
    expected = nn.Linear(100, 7)
    assert torch.equal(found.fc3.weight, expected.weight) and torch.equal(found.fc3.bias, expected.bias)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(torch.equal(found.state_dict()[name], before[name]) for name in before if not name.startswith("fc3"))
    assert head_of(SmallResNet()) == "fc"
    with pytest.raises(ValueError, match="no fully connected"):
        head_of(nn.Conv2d(1, 1, 1))


def test_from_scratch_is_what_torch_draws_and_forgets_nothing_of_its_generator():
    state = torch.get_rng_state()
    found = from_scratch(LeNet300, None, seed=4)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(4)
    expected = LeNet300()
    for name, value in expected.state_dict().items():
        assert torch.equal(found.state_dict()[name], value)
    large, alike = (from_scratch(LeNet300, None, 4, start) for start in ("scratch-large", "scratch-alike"))
    assert torch.equal(large.fc1.weight, 10 * expected.fc1.weight)
    for name, value in alike.state_dict().items():
        assert value.unique().numel() == 1
        assert value.flatten()[0].item() == pytest.approx(expected.state_dict()[name].square().mean().sqrt().item())
    assert from_scratch(LeNet300, 3).fc3.out_features == 3


def test_a_start_keeps_a_head_that_fits():
    model = LeNet300()
    kept = starting_network(model, LeNet300, TaskName("a", "b"))
    assert kept is not model and torch.equal(kept.fc3.weight, model.fc3.weight)
    assert starting_network(model, LeNet300, TaskName("a", "b"), 4).fc3.out_features == 4
    assert not torch.equal(
        starting_network(model, LeNet300, TaskName("a", "b", start="scratch")).fc1.weight, model.fc1.weight
    )


def test_examples_are_stratified_and_fewer_are_among_more():
    labels = torch.tensor(np.random.default_rng(0).choice(4, 997, p=[0.5, 0.3, 0.15, 0.05]))
    chosen = {count: choose_examples(labels, count, seed=1) for count in (4, 10, 50, 200, 997)}
    for count, places in chosen.items():
        assert len(set(places.tolist())) == count and torch.equal(places, places.sort().values)
        assert (torch.bincount(labels[places], minlength=4) > 0).all()
    for fewer, more in ((4, 10), (10, 50), (50, 200)):
        assert set(chosen[fewer].tolist()) < set(chosen[more].tolist())
    theirs, _ = train_test_split(np.arange(997), train_size=200, stratify=labels, random_state=0)
    ours = torch.bincount(labels[chosen[200]], minlength=4)
    assert (ours - torch.bincount(labels[theirs], minlength=4)).abs().max() <= 2
    assert torch.equal(chosen[50], choose_examples(labels, 50, seed=1))
    assert not torch.equal(chosen[50], choose_examples(labels, 50, seed=2))
    assert torch.equal(choose_examples(labels, None), torch.arange(997))
    for impossible in (0, 998):
        with pytest.raises(BadInput, match="997 training examples"):
            choose_examples(labels, impossible)


def test_drawing_leaves_the_generator_as_it_was_after_an_error():
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError), drawn(1):
        torch.rand(3)
        raise RuntimeError
    assert torch.equal(torch.get_rng_state(), state)


@pytest.fixture(scope="module")
def few():
    """Load each name of the vision field once, its validation pictures cut to 200."""
    from core.tasks import load

    kept = {}

    def cut(name):
        if name not in kept:
            task = load(name)
            score = task.score
            kept[name] = replace(task, score=lambda m, s, limit: score(m, s, min(limit or 200, 200)))
        return kept[name]

    return cut


def test_what_was_forgotten_is_the_old_score_with_the_old_head(few):
    old, task = few("fashion-mlp"), few("fashion-mlp~digits:10")
    *_, last = fine_tune(task, prune(task, PruningPlan()), Recipe(steps=20, batch_size=8))
    found = forgotten_of_old(task.info.name, last.model, few)
    put_back = copy.deepcopy(last.model)
    put_back.fc3.load_state_dict(old.model.fc3.state_dict())
    assert found.before == old.evaluate(old.model)
    assert found.now == old.evaluate(put_back)
    assert found.change.value == pytest.approx(found.now.value - found.before.value)
    assert found.change.low <= found.change.value <= found.change.high
    untouched = forgotten_of_old("fashion-mlp~digits:10", task.model, few)
    assert untouched.change.value == 0
    same_head = few("fashion-mlp~light:10")
    assert forgotten_of_old(same_head.info.name, same_head.model, few).change.value == 0
    assert forgotten_of_old("fashion-mlp~digits:10~scratch", task.model, few) is None
    assert forgotten_of_old("fashion-mlp", old.model, few) is None


def test_ways_are_compared_on_the_same_examples(few):
    recipe = Recipe(steps=4, batch_size=8)
    *_, last = compare_ways("fashion-mlp", "digits", (10, 5_000, None), recipe=recipe, load=few)
    assert last.done == last.of == len(last.rows) == 2 * len(WAYS)
    assert [row.examples for row in last.rows] == [10] * 4 + [1297] * 4
    for row in last.rows:
        scratch = next(each for each in last.rows if each.wanted == row.wanted)
        assert (row.gain is None) == (row.way.start == "scratch") == (row.old is None)
        if row.gain:
            assert row.gain.value == pytest.approx(row.quality.value - scratch.quality.value)
    frozen = next(row for row in last.rows if row.way.learns == "last-1")
    assert frozen.old.change.value == 0  # only the head learned, and the old one is put back


def test_presets_for_few_examples_count_steps_and_ask_no_teacher(few):
    for name in ("fashion-mlp~digits:10", "fashion-mlp~light:200"):
        for preset in ("quick", "careful", "textbook"):
            recipe = preset_for(few(name), preset)
            assert recipe.steps >= 200 and recipe.distill == 0
