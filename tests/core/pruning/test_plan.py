"""Plans that cannot be are sentences."""

import pytest

from core.errors import BadPlan
from core.pruning import PruningPlan, prune, rank


def test_neither_threshold_nor_sparsity_removes_nothing(tiny):
    assert prune(tiny, PruningPlan()).sparsity == 0
    assert rank(tiny).pools[0].ascending.size == 56


@pytest.mark.parametrize(
    "choices",
    [
        {"threshold": -0.1},
        {"threshold": float("nan")},
        {"threshold": float("inf")},
        {"sparsity": 1.1},
        {"sparsity": -0.1},
        {"sparsity": float("nan")},
        {"threshold": 0.1, "sparsity": 0.1},
        {"criterion": "magic"},
        {"granularity": "layer"},
        {"scope": "everywhere"},
        {"norm": "l3"},
        {"granularity": "4:4"},
        {"granularity": "5:4"},
        {"granularity": "0:4"},
        {"granularity": "8:17"},
        {"granularity": "2:4", "sparsity": 0.9},
        {"granularity": "2:4", "threshold": 0.1},
        {"granularity": "2:4", "scope": "layer"},
        {"granularity": "2:4", "overrides": {"fc1.weight": 0.5}},
        {"granularity": "2:4", "criterion": "bn-scale"},
        {"criterion": "zero-activations"},
        {"criterion": "bn-scale", "granularity": "head"},
        {"scope": "layer", "threshold": 0.1},
        {"scope": "erk", "threshold": 0.1},
        {"overrides": {"fc1.weight": 1.5}},
        {"overrides": {"fc1.weight": float("nan")}},
    ],
)
def test_an_impossible_plan_is_a_sentence(choices):
    with pytest.raises(BadPlan) as caught:
        PruningPlan(**choices)
    assert caught.value.what.endswith(".")
    assert caught.value.advice.endswith(".")


def test_overrides_of_what_is_not_there_name_what_is(lenet):
    with pytest.raises(BadPlan, match=r"'fc9\.weight', which does not exist.*conv1\.weight, conv2\.weight"):
        prune(lenet, PruningPlan(sparsity=0.5, overrides={"fc9.weight": 0.5}))
    with pytest.raises(BadPlan, match=r"'fc2\.weight', which cannot go unit by unit"):
        prune(lenet, PruningPlan(sparsity=0.5, granularity="channel", overrides={"fc2.weight": 0.5}))
