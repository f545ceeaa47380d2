"""The fine-tuning loop against a plain reference loop, and the promises it makes."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadRecipe, TuningFailed
from core.pruning import PruningPlan, prune
from core.tuning import Recipe, fine_tune
from core.tuning.optimizers import OPTIMIZERS
from tests.core.tuning.runs import last


def test_equals_a_plain_loop_step_for_step(tiny):
    recipe = Recipe(epochs=2, batch_size=16, learning_rate=0.01, warmup=0.0, cosine=False)
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    tuned = last(fine_tune(tiny, pruned, recipe)).model

    model = copy.deepcopy(pruned.model).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    generator = torch.Generator().manual_seed(0)
    for _ in range(2):
        for inputs, targets in tiny.batches("train", 16, generator, ()):
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), targets).backward()
            for name, mask in pruned.masks.items():
                model.get_parameter(name).grad *= mask
            optimizer.step()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(tuned.state_dict()[name], value, rtol=1e-5, atol=1e-6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    weight_decay=st.sampled_from([0.0, 0.1]),
    sparsity=st.floats(0.1, 0.95),
    seed=st.integers(0, 9),
)
def test_removed_weights_are_zero_after_every_step(tiny, optimizer, weight_decay, sparsity, seed):
    recipe = Recipe(epochs=3, batch_size=32, optimizer=optimizer, weight_decay=weight_decay, seed=seed)
    pruned = prune(tiny, PruningPlan(sparsity=sparsity))
    looks = [progress.model for progress in fine_tune(tiny, pruned, recipe) if progress.model is not None]
    assert len(looks) == 6  # every step of so short a run is looked at
    for model in looks:
        for name, mask in pruned.masks.items():
            assert (model.get_parameter(name)[~mask] == 0).all()


def test_neither_the_task_nor_the_pruned_model_changes(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    before = [copy.deepcopy(model.state_dict()) for model in (tiny.model, pruned.model)]
    last(fine_tune(tiny, pruned, Recipe(learning_rate=0.1)))
    for state, model in zip(before, (tiny.model, pruned.model), strict=True):
        assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())


def test_the_same_seed_gives_the_same_network(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    one, same, other = (
        last(fine_tune(tiny, pruned, Recipe(epochs=2, augment=("flip", "shift"), seed=seed))).model.state_dict()
        for seed in (3, 3, 4)
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.3))
    before = tiny.evaluate(pruned.model).value
    final = last(fine_tune(tiny, pruned, Recipe(epochs=60, batch_size=16, learning_rate=0.02)))
    assert final.step == final.of == 240
    assert final.quality.n == 64
    assert final.quality.value > max(0.9, before)
    assert final.quality == tiny.evaluate(final.model)


def test_a_loss_that_is_no_number_stops_with_a_sentence(tiny):
    pruned = prune(tiny, PruningPlan(sparsity=0.5))
    with torch.no_grad():
        pruned.model[3].bias[0] = float("inf")
    with pytest.raises(TuningFailed, match="stopped being a number after 1 steps"):
        last(fine_tune(tiny, pruned, Recipe()))


def test_stopping_early_leaves_the_latest_look_in_hand(tiny):
    stream = fine_tune(tiny, prune(tiny, PruningPlan(sparsity=0.5)), Recipe(epochs=10, batch_size=16))
    seen = [next(stream) for _ in range(9)]
    stream.close()
    reached = [progress for progress in seen if progress.model is not None][-1]
    assert 0 < reached.step <= 9
    assert reached.quality == tiny.evaluate(reached.model, limit=1000)


def test_nothing_left_is_a_sentence(tiny):
    with pytest.raises(BadRecipe, match=r"every weight was removed.*Remove less"):
        last(fine_tune(tiny, prune(tiny, PruningPlan(sparsity=1.0)), Recipe()))
