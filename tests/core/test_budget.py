"""The search under a budget against brute force, and the frontier against comparing everything with everything."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.measure import Budget, Candidate, Quality, best_within, closest, frontier, measure_candidate, search
from core.pruning import PruningPlan, prune

WAYS = (PruningPlan(), PruningPlan(scope="layer"), PruningPlan(granularity="neuron"), PruningPlan(granularity="2:4"))
GRID = (0.9, 0.7, 0.5, 0.3)
FEW = 400


@pytest.fixture(scope="module")
def everything(mlp):
    """Every plan of the small grid, judged without any search."""
    plans = [PruningPlan(sparsity=0.0), PruningPlan(granularity="2:4")]
    plans += [replace(way, sparsity=stop) for way, stop in itertools.product(WAYS[:3], GRID)]
    pruned = [prune(mlp, plan) for plan in plans]
    return [judged(mlp, each) for each in pruned]


def judged(task, pruned):
    """What a search would say of a network: one half of the examples chooses, the other is quoted."""
    chosen, quoted = task.evaluate(pruned.model, limit=FEW).halves()
    return replace(measure_candidate(task, pruned, quoted), chosen=chosen)


BUDGETS = [
    Budget(lose=0.02),
    Budget(lose=0.2),
    Budget(lose=0.005),
    Budget(size=400_000),
    Budget(size=150_000),
    Budget(macs=200_000),
    Budget(macs=100_000, skipping=True),
]


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_a_search_finds_what_brute_force_finds(mlp, everything, budget):
    found = list(search(mlp, budget, WAYS, GRID, fine=0, limit=FEW))
    assert found[0].stage == "dense"
    dense = found[0].chosen.value

    def fits(each):
        if budget.lose is not None:
            return dense - each.chosen.value <= budget.lose + 1e-9
        if budget.size is not None:
            return each.size <= budget.size
        return (each.effective if budget.skipping else each.macs) <= budget.macs

    fitting = [each for each in everything if fits(each)]
    picked = best_within(found, budget, found[0].chosen)
    if budget.lose is not None:
        assert picked.sparsity == max(each.sparsity for each in fitting)
    else:
        assert picked.chosen.value == max(each.chosen.value for each in fitting)
    assert fits(picked)


def test_the_finer_search_ends_one_step_from_what_no_longer_fits(mlp):
    found = list(search(mlp, Budget(size=300_000), WAYS[:1], GRID, fine=0.01, limit=FEW))
    picked = best_within(found, Budget(size=300_000), found[0].chosen)
    one_less = prune(mlp, PruningPlan(sparsity=round(picked.plan.sparsity - 0.01, 6)))
    assert picked.size <= 300_000 < measure_candidate(mlp, one_less, picked.quality).size
    assert picked == judged(mlp, prune(mlp, picked.plan))
    found = list(search(mlp, Budget(lose=0.02), WAYS[:1], GRID, fine=0.01, limit=FEW))
    picked = best_within(found, Budget(lose=0.02), found[0].chosen)
    assert picked.plan.sparsity not in GRID
    above = [each for each in found if each.sparsity > picked.sparsity]
    assert above and all(found[0].chosen.value - each.chosen.value > 0.02 for each in above)


def test_a_way_that_a_network_does_not_know_is_left_out(mlp):
    found = list(search(mlp, Budget(lose=0.5), (PruningPlan(granularity="head"), PruningPlan()), (0.5,), 0, FEW))
    assert [each.plan.granularity for each in found] == ["weight", "weight"]


def test_a_budget_that_nothing_meets_has_a_closest(mlp):
    budget = Budget(macs=10)
    found = list(search(mlp, budget, WAYS, GRID, fine=0, limit=FEW))
    assert best_within(found, budget, found[0].chosen) is None
    near = closest(found, budget, found[0].chosen)
    assert near.stage == "pruned" and near.plan.granularity == "neuron"
    assert near.macs == min(each.macs for each in found) < 266_200
    assert near.quality.n + near.chosen.n == FEW
    assert closest(found[:1], budget, found[0].chosen) is None


@pytest.mark.parametrize(
    "given", [{}, {"lose": 0.1, "size": 5}, {"lose": -0.1}, {"lose": math.nan}, {"macs": -1}, {"size": math.inf}]
)
def test_what_is_no_budget_is_refused_with_a_sentence(given):
    with pytest.raises(BadInput, match="no budget"):
        Budget(**given)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14), st.sampled_from(["Accuracy", "RMSE"]))
def test_the_frontier_is_what_nothing_else_beats(points, metric):
    tried = [Candidate(PruningPlan(), 0.5, Quality(metric, q / 10, 0.0, 1.0, 9), size, 1, 1, 1) for size, q in points]
    found = frontier(tried, lambda each: each.size)

    def worth(each):
        return each.quality.value if metric == "Accuracy" else -each.quality.value

    expected = {
        (each.size, each.quality.value)
        for each in tried
        if not any(
            other.size <= each.size
            and worth(other) >= worth(each)
            and (other.size, worth(other)) != (each.size, worth(each))
            for other in tried
        )
    }
    assert {(each.size, each.quality.value) for each in found} == expected
    assert len(found) == len(expected)
    assert [each.size for each in found] == sorted(each.size for each in found)
