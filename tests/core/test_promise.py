"""Promises before a fine-tune: how often they hold where the law is known, and what they do where little is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.build.promises import RUNS
from core.errors import BadInput
from core.experiment import Experiment
from core.measure import Before, PastRun, make_promise, read_promise, same_way, shipped_runs
from core.measure.past_runs import file_of, read_run
from core.measure.promise import HOLDS, LEAST, SURE
from core.pruning import PruningPlan
from core.quality import Quality
from core.statistics import range_of_errors
from core.tasks import load
from core.tasks.assets import Assets
from core.tuning import Recipe, preset_for
from tests.conftest import overwrite

DENSE = {
    "Accuracy": Quality("Accuracy", 0.9, 0.892, 0.908, 5000),
    "RMSE": Quality("RMSE", 0.88, 0.868, 0.892, 5000),
    "Return": Quality("Return", 480.0, 470.0, 490.0, 100),
}
WORST = {"Accuracy": 0.1, "RMSE": 1.2, "Return": 10.0}


def run(place, sparsity, dense, pruned, repaired, tuned):
    experiment = Experiment("made", plan=PruningPlan(sparsity=sparsity, seed=place), recipe=Recipe())
    return PastRun(experiment, sparsity, dense, pruned, repaired, tuned)


def draw(rng, count, metric="Accuracy", spread=0.3):
    """Runs under a known law: a fifth of what was lost stays lost, more where more was removed, times a chance."""
    dense, worst = DENSE[metric].value, WORST[metric]
    found = []
    for place in range(count):
        sparsity = float(1 - np.exp(rng.uniform(math.log(0.02), math.log(0.7))))
        share = min(1.0, sparsity**6 * float(np.exp(spread * rng.standard_normal())))
        stays = 0.3 * sparsity * share * float(np.exp(spread * rng.standard_normal()))
        tuned = dense + stays * (worst - dense) + 0.002 * (worst - dense) * float(rng.standard_normal())
        repaired = dense + 0.4 * share * (worst - dense)
        found.append(run(place, sparsity, dense, dense + share * (worst - dense), repaired, tuned))
    return found


def before(one, metric="Accuracy", with_repair=True):
    return Before(one.sparsity, DENSE[metric], one.pruned, one.repaired if with_repair else None)


def is_between(one, runs):
    return min(each.sparsity for each in runs) < one.sparsity < max(each.sparsity for each in runs)


def inside(runs):
    """The runs that neither remove the most nor the least."""
    return [each for each in runs if is_between(each, runs)]


@pytest.mark.parametrize(
    ("metric", "count", "with_repair"),
    [
        ("Accuracy", LEAST, True),
        ("Accuracy", 25, True),
        ("Accuracy", LEAST, False),
        ("RMSE", LEAST, True),
        ("Return", LEAST, True),
    ],
)
def test_eight_of_ten_promises_hold_where_the_law_is_known(metric, count, with_repair):
    held, rng = [], np.random.default_rng(count)
    while len(held) < 150:
        past = draw(rng, count, metric)
        new = next(each for each in iter(lambda: draw(rng, 1, metric)[0], None) if is_between(each, past))
        held.append(make_promise(past, before(new, metric, with_repair)).holds(new.tuned))
    assert 0.75 <= np.mean(held) <= 0.9


@given(st.integers(0, 10_000), st.integers(LEAST, 40), st.sampled_from(sorted(DENSE)))
def test_a_promise_lies_within_its_range_and_within_what_the_metric_can_be(seed, count, metric):
    past = draw(np.random.default_rng(seed), count, metric, spread=1.0)
    told = make_promise(past, before(inside(past)[0], metric))
    assert told.low <= told.value <= told.high
    if metric != "Return":
        assert told.low >= 0
    if metric == "Accuracy":
        assert told.high <= 1
    assert told.runs == count and told.repaired
    assert read_promise(told.to_dict()) == told


def test_the_order_of_runs_does_not_matter_and_the_same_runs_give_the_same_promise():
    past = draw(np.random.default_rng(3), 20)
    one, two = (make_promise(runs, before(inside(past)[0])) for runs in (past, past[::-1]))
    assert one.low == pytest.approx(two.low, abs=2e-4) and one.high == pytest.approx(two.high, abs=2e-4)
    assert make_promise(past, before(inside(past)[0])) == one


@pytest.mark.parametrize("count", [20, 64])
def test_a_range_of_errors_holds_its_share_as_surely_as_it_says_and_not_much_more(count):
    rng, shares = np.random.default_rng(count), []
    for _ in range(2000):
        low, high = range_of_errors(rng.random(count), HOLDS, SURE)
        shares.append(high - low)  # of evenly spread errors, just the share that lies between
    assert np.mean(np.array(shares) >= HOLDS) >= SURE - 0.02
    assert np.mean(shares) <= 0.91


def test_few_errors_give_their_whole_range():
    assert range_of_errors(np.array([3.0, 1.0, 2.0]), HOLDS, SURE) == (1.0, 3.0)


@pytest.mark.parametrize("count", [0, 1, LEAST - 1])
def test_too_few_runs_promise_nothing_and_say_how_many_it_takes(count):
    past = draw(np.random.default_rng(0), count)
    with pytest.raises(BadInput, match=rf"takes {LEAST} runs .*there are {count}\."):
        make_promise(past, Before(0.5, DENSE["Accuracy"], 0.8))


def test_runs_of_one_plan_count_once_and_those_without_a_number_do_not_count():
    past = draw(np.random.default_rng(0), LEAST)
    again = [replace(past[0], tuned=0.1), *past]  # the latest of a plan counts
    assert make_promise(again, before(inside(past)[0])) == make_promise(past, before(inside(past)[0]))
    with pytest.raises(BadInput, match=f"there are {LEAST - 1}"):
        make_promise([*past[1:], replace(past[0], tuned=math.nan)], before(inside(past)[0]))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_pruned_network_without_an_answer_gets_no_promise(bad):
    past = draw(np.random.default_rng(0), 20)
    with pytest.raises(BadInput, match="gives no answer"):
        make_promise(past, Before(0.5, DENSE["Accuracy"], bad))


def test_an_amount_that_no_run_came_near_gets_no_promise():
    past = draw(np.random.default_rng(0), 20)
    with pytest.raises(BadInput, match=r"remove .* to .* %"):
        make_promise(past, Before(0.9999, DENSE["Accuracy"], 0.1, 0.1))


def test_runs_that_all_reached_the_same_promise_just_that():
    past = [run(place, 0.5 + place / 100, 0.9, 0.8, 0.85, 0.88) for place in range(12)]
    told = make_promise(past, Before(0.55, DENSE["Accuracy"], 0.8, 0.85))
    assert told.value == pytest.approx(0.88, abs=1e-6)
    assert 0.8798 <= told.low <= 0.88 <= told.high <= 0.8802
    assert told.holds(0.88) and not told.holds(0.875) and not told.holds(math.nan)


def test_ties_of_a_figure_at_its_bound_are_no_obstacle():
    sure = Quality("Return", 500.0, 500.0, 500.0, 100)
    past = [run(place, 0.5 + place / 100, 500.0, 400.0 - place, None, 500.0 - 30 * (place > 9)) for place in range(12)]
    told = make_promise(past, Before(0.52, sure, 398.0))
    assert math.isfinite(told.low) and told.low <= told.value <= told.high
    assert not told.repaired


def test_a_repair_that_only_few_runs_know_of_is_left_out():
    past = draw(np.random.default_rng(1), 20)
    mixed = [*past[:5], *(replace(each, repaired=None) for each in past[5:])]
    told = make_promise(mixed, before(inside(past)[0]))
    assert not told.repaired and told.runs == 20


def test_runs_are_plain_data_and_tell_of_the_same_way_alone():
    one = draw(np.random.default_rng(1), 1)[0]
    assert read_run(one.to_dict()) == one
    assert read_run({**one.to_dict(), "experiment": {"network": "made", "more": 1}}) is None
    assert read_run({}) is None and read_promise({}) is None and read_promise(None) is None
    mine = one.experiment
    assert same_way(mine) == same_way(replace(mine, recipe=Recipe(seed=7), plan=PruningPlan(sparsity=0.1)))
    for other in (replace(mine, recipe=Recipe(epochs=2)), replace(mine, network="x"), replace(mine, repair="once")):
        assert same_way(mine) != same_way(other)


@pytest.mark.parametrize("name", sorted(RUNS))
def test_what_ships_are_finite_runs_of_the_quick_recipe_each_of_another_plan(name):
    task, runs = load(name), shipped_runs(name)
    assert len({each.experiment.plan for each in runs}) == len(runs) >= LEAST
    assert {each.experiment.recipe for each in runs} == {preset_for(task, "quick")}
    dense = task.evaluate(task.model).value
    assert all(each.finite and each.dense == pytest.approx(dense, abs=1e-3) for each in runs)


def test_runs_of_other_weights_are_not_taken_for_a_networks_own(broken_assets):
    assert shipped_runs("reuters-minilm", broken_assets) == []
    assets = Assets.open(broken_assets)
    assets.manifest["files"]["models/fashion-mlp.safetensors"]["sha256"] = "0" * 64
    overwrite(broken_assets / "manifest.json", b"")
    assets.save()
    assert assets.digest(file_of("fashion-mlp"))
    assert shipped_runs("fashion-mlp", broken_assets) == []
