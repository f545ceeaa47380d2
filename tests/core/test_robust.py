"""Shifted data: the stronger, the further from what it was; and judged as the task judges."""

import difflib

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from core.measure import robustness
from core.pruning import PruningPlan, prune
from core.tasks import corruptions, load
from core.tasks.control import task as control
from core.tasks.vision.task import BLACK

TEXT = "opec ministers agreed on sunday to cut the output of crude oil by half a million barrels a day from april"


@pytest.fixture(scope="module")
def some():
    inputs, _ = next(iter(load("fashion-mlp").batches("validation", 40, torch.Generator().manual_seed(0), ())))
    return inputs


@pytest.mark.parametrize("kind", corruptions.IMAGES)
def test_a_stronger_shift_changes_pictures_more(kind, some):
    apart = [
        float((corruptions.IMAGES[kind](some, strength, BLACK) - some).square().mean())
        for strength in corruptions.STRENGTHS
    ]
    assert apart == sorted(apart)
    assert apart[0] > 0
    again = corruptions.IMAGES[kind](some, 3, BLACK)
    assert torch.equal(again, corruptions.IMAGES[kind](some, 3, BLACK))
    assert again.shape == some.shape


def test_shifts_are_what_they_are_called(some):
    moved = corruptions.shift(some, 2, BLACK)
    assert torch.equal(moved[..., 2:, 2:], some[..., :-2, :-2])
    assert (moved[..., :2, :] == BLACK).all()
    covered = corruptions.occlusion(some, 2, 9.0) == 9.0
    assert (covered.sum((1, 2, 3)) == 36).all()
    flat = corruptions.contrast(some, 3, BLACK)
    torch.testing.assert_close(flat.std((1, 2, 3)), some.std((1, 2, 3)) / 2)
    kernel = torch.exp(-(torch.arange(-3.0, 4.0) ** 2) / (2 * 0.5**2))
    kernel = torch.outer(kernel, kernel) / kernel.sum() ** 2
    padded = F.pad(some.contiguous(), [3] * 4, mode="reflect")
    expected = F.conv2d(padded, kernel[None, None])
    reach = 2 * int(np.ceil(1.5)) + 1
    assert reach == 5  # the kernel above is wider than ours, and beyond it next to nothing is left
    torch.testing.assert_close(corruptions.blur(some, 1, BLACK), expected, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("kind", corruptions.TEXTS)
def test_a_stronger_shift_changes_texts_more(kind):
    def unlike(strength):
        return 1 - difflib.SequenceMatcher(None, TEXT, corruptions.TEXTS[kind](TEXT, strength)).ratio()

    apart = [unlike(strength) for strength in corruptions.STRENGTHS]
    assert apart[-1] > apart[0] >= 0
    assert corruptions.TEXTS[kind](TEXT, 4) == corruptions.TEXTS[kind](TEXT, 4)
    if kind == "misspelt":
        assert sorted(corruptions.misspelt(TEXT, 5)) == sorted(TEXT)
    if kind == "swapped words":
        assert sorted(corruptions.swapped(TEXT, 5).split()) == sorted(TEXT.split())


def test_figures_are_those_of_the_shifted_data(mlp, some):
    pruned = prune(mlp, PruningPlan(sparsity=0.9)).model
    found = list(robustness(mlp, {"Dense": mlp.model, "Pruned": pruned}, (0, 3), 500))
    assert len(found) == len(corruptions.IMAGES) * 2 * 2
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
    calm = control.play(weak, "CartPole-v1", [1, 2, 3, 4])
    noisy = control.play(weak, "CartPole-v1", [1, 2, 3, 4], noise=0.5)
    assert noisy.mean() < calm.mean()
    assert (control.play(weak, "CartPole-v1", [1, 2], gravity=1.0) == control.play(weak, "CartPole-v1", [1, 2])).all()
    heavier = [control.play(weak, "CartPole-v1", [1, 2, 3, 4], gravity=each).mean() for each in (3.0, 4.0, 8.0)]
    assert calm.mean() > heavier[0] > heavier[1] > heavier[2]  # the pole falls sooner


def test_cold_users_are_those_with_few_ratings():
    task = load("movielens-ncf")
    sizes = [task.shifts["cold users"](strength).count("validation") for strength in corruptions.STRENGTHS]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 < sizes[-1] < sizes[0] < task.count("validation")
