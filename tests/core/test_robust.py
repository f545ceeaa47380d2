"""Networks on shifted data: judged as the task judges, in each field by shifts of its own."""

import pytest

from core.measure import robustness
from core.pruning import PruningPlan, prune
from core.tasks import load
from core.tasks.control.play import play
from core.tasks.control.worlds import Conditions


def test_figures_are_those_of_the_shifted_data(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.9)).model
    found = list(robustness(mlp, {"Dense": mlp.model, "Pruned": pruned}, (0, 3), 500))
    assert len(found) == len(mlp.shifts) * 2 * 2 == 24
    plain = {held.stage: held.quality for held in found if held.strength == 0}
    assert plain == {"Dense": mlp.evaluate(mlp.model, limit=500), "Pruned": mlp.evaluate(pruned, limit=500)}
    turned = next(h for h in found if (h.kind, h.strength, h.stage) == ("rotation", 3, "Dense"))
    assert turned.quality.value < plain["Dense"].value - 0.1
    with pytest.raises(ValueError, match="strength of 0"):
        next(robustness(mlp, {"Dense": mlp.model}, (6,)))


def test_each_field_has_shifts_of_its_own():
    for name in ("reuters-cnn", "movielens-ncf", "cartpole-policy", "acrobot-policy"):
        task = load(name)
        found = list(robustness(task, {"Dense": task.model}, (0, 5), 200))
        assert {held.kind for held in found} == set(task.shifts)
        if name == "reuters-cnn":
            worst = [held.quality.value for held in found if held.strength == 5]
            assert min(worst) < found[0].quality.value


def test_a_noisy_view_and_gravity_make_a_pole_harder_to_balance(monkeypatch):
    weak = prune(load("cartpole-policy"), PruningPlan(sparsity=0.96)).model
    calm = play(weak, "CartPole-v1", [1, 2, 3, 4])
    noisy = play(weak, "CartPole-v1", [1, 2, 3, 4], Conditions(noise=0.5))
    assert noisy.mean() < calm.mean()
    assert (play(weak, "CartPole-v1", [1, 2], Conditions(gravity=1.0)) == play(weak, "CartPole-v1", [1, 2])).all()
    heavier = [play(weak, "CartPole-v1", [1, 2, 3, 4], Conditions(gravity=each)).mean() for each in (3.0, 4.0, 8.0)]
    assert calm.mean() > heavier[0] > heavier[1] > heavier[2]  # the pole falls sooner


def test_cold_users_are_those_with_few_ratings():
    task = load("movielens-ncf")
    sizes = [task.shifts["cold users"](strength).count("validation") for strength in range(1, 6)]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 < sizes[-1] < sizes[0] < task.count("validation")
