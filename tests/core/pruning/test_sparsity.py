"""One meaning of sparsity: the removed share of the prunable weights, whatever is chosen besides."""

import itertools
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.utils import prune as reference

from core.errors import BadPlan
from core.jobs.work import by_chance
from core.measure import Budget, cost, histograms, search
from core.measure.encodings import file_sizes, quick_size
from core.pruning import PruningPlan, prune, rank, shrink
from core.pruning.scopes import known_scopes
from core.pruning.units import layer_structures
from core.tasks import load
from core.tuning import Recipe, fine_tune
from core.tuning.strategies import known_strategies
from tests.core.pruning.networks import task_of

CRITERIA = {"weight": ("magnitude", "random", "first-order"), "channel": ("magnitude", "zero-activations")}


def weights_of(task, names=None):
    return sum(task.model.get_parameter(name).numel() for name in names or task.prunable)


def largest_unit(ranking):
    return 1 if not ranking.structures else max(int(max(p.upto[1:] - p.upto[:-1])) for p in ranking.pools)


@pytest.mark.parametrize("name", ["mlp", "lenet"])
@pytest.mark.parametrize(
    ("granularity", "scope"), [*itertools.product(["weight", "neuron", "channel"], known_scopes())]
)
def test_a_plan_removes_its_share_to_one_weight_or_one_unit(name, granularity, scope, request):
    if scope == "row" and granularity != "weight":
        with pytest.raises(BadPlan, match="within one output row"):
            PruningPlan(granularity=granularity, scope=scope)
        return
    task = request.getfixturevalue(name)
    own = {} if (name, granularity) == ("lenet", "neuron") else {"fc1.weight": 0.6}  # there nothing else could go
    for criterion, overrides in itertools.product(CRITERIA.get(granularity, ("magnitude",)), ({}, own)):
        plan = PruningPlan(criterion=criterion, granularity=granularity, scope=scope, overrides=overrides)
        ranking = rank(task, plan)
        one = largest_unit(ranking)
        for sparsity in (0.1, 0.5, 0.75):
            pruned = prune(task, replace(plan, sparsity=sparsity), ranking)
            apart = weights_of(task, overrides) if overrides else 0
            wanted = sparsity * (weights_of(task) - apart) + 0.6 * apart
            removed = pruned.sparsity * weights_of(task)
            assert abs(removed - wanted) <= one + (one if overrides else 0), (criterion, overrides, sparsity)


@pytest.mark.parametrize("scope", ["global", "layer", "lamp", "erk"])
def test_half_of_lenets_channels_is_half_for_every_scope(lenet, scope):
    pruned = prune(lenet, PruningPlan(sparsity=0.5, granularity="channel", scope=scope))
    assert abs(pruned.sparsity - 0.5) * 430_500 <= 800  # the largest unit has 800 weights


@pytest.mark.parametrize("granularity", ["weight", "channel"])
@pytest.mark.parametrize("strategy", known_strategies())
def test_every_strategy_ends_where_one_shot_does_also_with_layers_of_their_own(mlp, strategy, granularity):
    plan = PruningPlan(sparsity=0.5, overrides={"fc1.weight": 0.95}, granularity=granularity)
    pruned = prune(mlp, plan)
    part = replace(mlp, score=lambda model, split, limit: mlp.score(model, split, 100))
    *_, last = fine_tune(part, pruned, Recipe(steps=12, strategy=strategy, batch_size=32))
    unit = 1 if granularity == "weight" else 784  # by its own weights another unit may go at the end
    assert abs(last.sparsity - pruned.sparsity) * 266_200 <= unit
    fc1 = next(layer for layer in last.pruned.layers if layer.name == "fc1.weight")
    assert fc1.sparsity == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize(
    "plan",
    [
        PruningPlan(sparsity=0.5, overrides={"fc1.weight": 0.95}),
        PruningPlan(threshold=0.05, overrides={"fc2.weight": 0.1}),
        PruningPlan(sparsity=0.5, scope="layer", granularity="neuron", overrides={"fc1.weight": 0.8}),
        PruningPlan(threshold=0.04, granularity="neuron", overrides={"fc1.weight": 0.3}),
        PruningPlan(sparsity=0.7, scope="lamp"),
        PruningPlan(granularity="2:4"),
    ],
    ids=str,
)
def test_chance_removes_as_much_and_of_each_layer_with_a_share_of_its_own_as_well(mlp, plan):
    pruned = prune(mlp, plan)
    chance = prune(mlp, by_chance(mlp, pruned, seed=1))
    unit = 784 if plan.structured else 1
    assert abs(chance.sparsity - pruned.sparsity) * 266_200 <= 2 * unit
    for name, _ in plan.overrides:
        one, two = (next(each for each in found.layers if each.name == name) for found in (pruned, chance))
        assert abs(one.kept - two.kept) <= unit


def test_a_search_looks_for_shares_of_the_whole_network(mlp):
    for tried in search(mlp, Budget(size=300_000), (PruningPlan(granularity="neuron", scope="layer"),), (0.5,), 0, 200):
        assert tried.plan.sparsity in (0.0, 0.5)
        assert tried.sparsity == pytest.approx(tried.plan.sparsity, abs=784 / 266_200)


@pytest.fixture
def hollow():
    """A network of which nine in ten weights are zero already, half of them with a minus."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 40), nn.ReLU(), nn.Linear(40, 30), nn.ReLU(), nn.Linear(30, 3))
    for place in (1, 3, 5):
        reference.l1_unstructured(model[place], "weight", 0.9)
        reference.remove(model[place], "weight")
    assert sum(int(((p == 0) & p.signbit()).sum()) for p in model.parameters()) > 100
    inputs = torch.randn(96, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    return task_of(model, inputs, inputs.flatten(1)[:, :3].argmax(1))


def zeros(model):
    return sum(int((model[place].weight == 0).sum()) for place in (1, 3, 5))


@pytest.mark.parametrize("name", ["lenet", "resnet"])
@pytest.mark.parametrize("sparsity", [0.3, 0.5, 0.7, 0.9])
def test_the_same_share_of_each_layer_is_nearly_that_of_each_also_bit_by_bit(name, sparsity, request):
    """What the sum lacks is made up for by no layer alone: a small first one would be gone as a whole."""
    task, plan = request.getfixturevalue(name), PruningPlan(granularity="channel", scope="layer")
    given = {layer.name: layer.weights for layer in prune(task, replace(plan, sparsity=0.0)).layers}
    giving = {member.parameter for unit in layer_structures(task) for member in unit.members} & set(given)
    share = sparsity * sum(given.values()) / sum(given[each] for each in giving)
    model = task.model
    for part in (0.5, 0.8, 0.9, 0.97, 1.0):
        found = prune(replace(task, model=model), replace(plan, sparsity=part * sparsity))
        model = found.model
        for layer in found.layers:
            if layer.name in giving:
                assert abs(layer.sparsity - part * share) <= 2 / layer.shape[0] + 1e-9, layer


@pytest.mark.parametrize("criterion", ["magnitude", "random", "activation", "first-order"])
@pytest.mark.parametrize("scope", ["global", "layer", "lamp", "erk", "row"])
def test_what_is_zero_already_counts_as_removed_and_more_comes_on_top(hollow, criterion, scope):
    before = zeros(hollow.model)
    total = weights_of(hollow)
    few = prune(hollow, PruningPlan(sparsity=0.5, criterion=criterion, scope=scope))
    assert zeros(few.model) >= before
    assert few.sparsity * total == pytest.approx(zeros(few.model))
    if scope == "global":
        assert zeros(few.model) == before
    many = prune(hollow, PruningPlan(sparsity=0.95, criterion=criterion, scope=scope))
    assert zeros(many.model) == pytest.approx(0.95 * total, abs=1)
    nothing = prune(hollow, PruningPlan(threshold=0.0, criterion=criterion))
    assert nothing.sparsity == pytest.approx(before / total)


@pytest.mark.parametrize("granularity", ["neuron", "channel"])
def test_units_of_a_hollow_network_meet_the_target_with_its_zeros(hollow, granularity):
    plan = PruningPlan(sparsity=0.95, granularity=granularity)
    pruned = prune(hollow, plan)
    one = max(int(max(pool.upto[1:] - pool.upto[:-1])) for pool in rank(hollow, plan).pools)
    assert abs(zeros(pruned.model) - 0.95 * weights_of(hollow)) <= one
    assert zeros(shrink(pruned)) < zeros(pruned.model)


@pytest.mark.parametrize("strategy", ["one-shot", "gradual", "iterative", "tune-first", "scratch"])
@pytest.mark.parametrize("granularity", ["weight", "channel", "2:4"])
def test_zeros_stay_zero_while_the_rest_learns(hollow, strategy, granularity):
    if granularity == "2:4" and strategy in ("gradual", "iterative", "tune-first"):
        return
    plan = PruningPlan(granularity=granularity, sparsity=None if granularity == "2:4" else 0.5)
    gone = {place: hollow.model[place].weight == 0 for place in (1, 3, 5)}
    recipe = Recipe(epochs=3, batch_size=16, strategy=strategy, learning_rate=0.02)
    *_, last = fine_tune(hollow, prune(hollow, plan), recipe)
    assert all(not last.model[place].weight[mask].any() for place, mask in gone.items())
    assert last.sparsity >= 0.89
    if granularity == "channel":
        inputs = torch.randn(5, 1, 4, 4)
        with torch.no_grad():
            torch.testing.assert_close(shrink(last.pruned)(inputs), last.model(inputs), rtol=1e-4, atol=1e-5)


def test_a_zero_with_a_minus_is_a_zero_in_every_file(hollow):
    plain = nn.Sequential(*hollow.model)
    positive = {name: value + 0.0 for name, value in plain.state_dict().items()}
    found, small = file_sizes(plain), quick_size(plain)
    plain.load_state_dict(positive)
    assert found == file_sizes(plain)
    assert small == quick_size(plain) < found["dense"] / 2
    assert cost(hollow.model).nonzero == cost(plain).nonzero


def test_shapes_that_cannot_be_met_are_met_as_far_as_there_are_units(lenet):
    for scope in ("global", "layer", "erk"):
        pruned = prune(lenet, PruningPlan(sparsity=1.0, granularity="channel", scope=scope))
        assert pruned.sparsity == pytest.approx(425_500 / 430_500)  # the last layer's rows are the answers


def test_drawn_and_written_shares_are_those_of_the_mask_also_where_scores_are_equal():
    task = load("reuters-cnn")
    for plan in (
        PruningPlan(criterion="first-order", embeddings=True),
        PruningPlan(criterion="first-order", embeddings=True, scope="layer"),
        PruningPlan(scope="row"),
    ):
        ranking, stops = rank(task, plan), (0.0, 0.3, 0.5, 0.9)
        drawn = histograms(task, ranking, plan, stops)
        for place, sparsity in enumerate(stops):
            pruned = prune(task, replace(plan, sparsity=sparsity), ranking)
            for histogram in drawn:
                share = float(pruned.masks[histogram.name].float().mean())
                assert histogram.kept[place] == pytest.approx(share, abs=1e-4)
    tied = rank(task, PruningPlan(criterion="first-order", embeddings=True))
    pruned = prune(task, PruningPlan(sparsity=0.5, criterion="first-order", embeddings=True), tied)
    assert 0.3 < float(pruned.masks["embedding.weight"].float().mean()) < 0.6
