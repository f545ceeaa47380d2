"""Costs, histograms, steps and sweeps against counts made another way."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import save

from core.charts import sparsity_curve
from core.measure import cost, histograms, judge_plan, sweep
from core.pruning import PruningPlan, prune, rank


def test_cost_counts_and_really_compresses(lenet):
    pruned = prune(lenet, PruningPlan(sparsity=0.9)).model
    found = cost(pruned)
    content = save(pruned.state_dict())
    assert found.parameters == 431_080
    assert found.nonzero == 431_080 - round(0.9 * 430_500)
    assert found.file == len(content)
    assert len(zlib.decompress(zlib.compress(content, 6))) == found.file
    assert found.zipped == len(zlib.compress(content, 6)) < found.file / 5
    assert cost(lenet.model).file == found.file  # a zero saves nothing by itself


STOPS = (0, 0.25, 0.5, 0.85, 0.995)


def test_histograms_count_every_weight_once(lenet):
    for histogram in histograms(lenet, rank(lenet), PruningPlan(), STOPS):
        weights = lenet.model.get_parameter(histogram.name).detach().numpy().ravel()
        expected, _ = np.histogram(weights, np.linspace(histogram.low, histogram.high, 81))
        assert sum(histogram.counts) == weights.size
        assert np.abs(np.array(histogram.counts) - expected).sum() <= 2  # a weight may lie on an edge


@pytest.mark.parametrize(
    "plan",
    [
        PruningPlan(),
        PruningPlan(scope="erk", overrides={"fc2.weight": 0.3}),
        PruningPlan(criterion="activation", scope="lamp"),
        PruningPlan(granularity="channel"),
        PruningPlan(granularity="channel", criterion="zero-activations", scope="layer"),
        PruningPlan(granularity="2:4"),
    ],
    ids=lambda plan: f"{plan.granularity}-{plan.criterion}-{plan.scope}",
)
def test_pictured_shares_and_cuts_equal_those_of_the_masks(lenet, plan):
    ranking = rank(lenet, plan)
    drawn = histograms(lenet, ranking, plan, STOPS)
    for i, sparsity in enumerate(STOPS if not plan.pattern else [None]):
        layers = {each.name: each for each in prune(lenet, replace(plan, sparsity=sparsity), ranking).layers}
        for histogram in drawn:
            layer = layers[histogram.name]
            assert histogram.kept[i] == pytest.approx(layer.kept / layer.weights, abs=1e-3)
            assert sum(histogram.counts) == ranking.scores[histogram.name].numel()
            if plan.pattern:
                assert sum(histogram.kept_counts) == layer.kept
            else:
                assert histogram.cuts[i] == layer.threshold


def test_steps_end_settled_and_agree_with_evaluate(mlp):
    plan = PruningPlan(sparsity=0.8)
    *early, settled = judge_plan(mlp, plan, rank(mlp))
    assert all(not step.settled for step in early)
    assert settled.settled
    assert settled.quality == mlp.evaluate(prune(mlp, plan).model)
    assert sum(layer.kept for layer in settled.layers) == pytest.approx(0.2 * 266_200)


def test_a_sweep_visits_the_plans_in_order_and_falls_at_the_end(mlp):
    plans = [PruningPlan(sparsity=s) for s in (0, 0.5, 0.99)]
    dense, half, almost = sweep(mlp, plans)
    assert [dense.plan, half.plan, almost.plan] == plans
    assert dense.quality == mlp.evaluate(mlp.model)
    assert almost.quality.high < half.quality.low


def test_the_curve_draws_what_it_is_given_in_percent(mlp):
    swept = list(sweep(mlp, [PruningPlan(sparsity=s) for s in (0.9, 0, 0.5)]))
    figure = sparsity_curve(swept, swept[1].quality, (0.9, swept[0].quality), (0.9, swept[1].quality), "dark")
    named = {trace.get("name"): trace for trace in figure["data"]}
    assert named["pruned"]["x"] == pytest.approx([0, 50, 90], abs=1e-3)
    by_sparsity = sorted(swept, key=lambda step: step.sparsity)
    assert named["pruned"]["y"] == [100 * step.quality.value for step in by_sparsity]
    assert named["dense"]["y"] == [100 * swept[1].quality.value] * 2
    assert named["here"]["x"] == [90]
    assert named["fine-tuned"]["y"] == [100 * swept[1].quality.value]
    assert {trace.get("name") for trace in sparsity_curve([], None, None)["data"]} == {None, "pruned"}
