"""Changed worlds: judged in them, learned from in them, and nowhere else."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch

from core.errors import BadInput, UnknownTask
from core.measure.adapting import learned_from
from core.pruning import PruningPlan, prune
from core.stages import with_stored_weights
from core.tasks import load, targets
from core.tasks.control.experience import USUAL_PRACTICE, start_agents
from core.tasks.control.targets import ALL_EPISODES, practice_of
from core.tasks.control.worlds import USUAL, WORLDS, Conditions, environments
from core.tuning import Recipe, fine_tune, preset_for


def test_a_changed_world_moves_as_gymnasium_does_with_that_physics():
    (ours,) = environments("CartPole-v1", 1, Conditions(gravity=4.0, length=0.2))
    theirs = gymnasium.make("CartPole-v1").unwrapped
    theirs.gravity, theirs.length, theirs.polemass_length = 39.2, 0.1, 0.01
    (same,) = environments("CartPole-v1", 1)
    for each in (ours, theirs, same):
        each.reset(seed=3)
    steps = [[each.step(1)[0] for _ in range(5)] for each in (ours, theirs, same)]
    np.testing.assert_allclose(steps[0], steps[1], rtol=1e-6)
    assert not np.allclose(steps[0], steps[2])


def test_a_heavy_arm_and_a_weak_joint_change_the_acrobot_alone_that_has_them():
    heavy, weak, usual = (
        environments("Acrobot-v1", 1, each)[0] for each in (Conditions(load=3.0), Conditions(force=0.5), USUAL)
    )
    assert (heavy.LINK_MASS_2, weak.AVAIL_TORQUE) == (3.0, [-0.5, 0.0, 0.5])
    assert (usual.LINK_MASS_2, usual.AVAIL_TORQUE) == (1.0, [-1.0, 0.0, 1])


@pytest.mark.parametrize("name", ["cartpole-policy", "acrobot-policy"])
def test_the_pretrained_policy_falls_behind_in_each_changed_world(name):
    usual = load(name)
    for target in targets(name):
        task = load(name, target=target, examples=5)
        assert task.evaluate(task.model, limit=8).value < usual.evaluate(usual.model, limit=8).value - 25, target


def test_an_adapted_task_names_all_that_it_is_and_learns_in_its_world():
    task = load("cartpole-policy", target="gravity", examples=5, seed=2)
    assert task.info.name == "cartpole-policy~gravity:5.2"
    assert task.count("train") == 5 * 500 * 8
    inputs, wanted = next(iter(task.batches("train", 125, torch.Generator().manual_seed(0))))
    assert inputs.shape == (125, 4) and wanted.shape == (125, 4)
    assert len({preset_for(task, each).steps for each in ("quick", "careful", "textbook")}) == 1
    harder = task.shifts["stronger gravity"](2)
    assert harder.evaluate(task.model, limit=4).value < task.evaluate(task.model, limit=4).value
    assert task.demo.answer(task.model, 1).said != load("cartpole-policy").demo.answer(task.model, 1).said


def test_noise_is_met_in_training_as_it_is_judged():
    world = WORLDS["cartpole-policy"]
    still = start_agents(world, torch.Generator().manual_seed(0), USUAL, 200).observations
    noisy = start_agents(world, torch.Generator().manual_seed(0), Conditions(noise=0.2), 200).observations
    assert (noisy - still).std() == pytest.approx(0.2, rel=0.1)


def test_from_scratch_is_another_network_for_each_seed_and_the_shared_one_stays():
    before = load("cartpole-policy").model.state_dict()["fc1.weight"].clone()
    one, two, same = (
        load("cartpole-policy", target="gravity", examples=5, start="scratch", seed=seed) for seed in (0, 1, 0)
    )
    weights = [each.model.state_dict()["fc1.weight"] for each in (one, two, same)]
    assert torch.equal(weights[0], weights[2]) and not torch.equal(weights[0], weights[1])
    task = load("cartpole-policy", target="gravity", examples=1)
    pruned = prune(task, PruningPlan(sparsity=0.8))
    *_, final = fine_tune(task, pruned, Recipe(steps=3, batch_size=125))
    for name, mask in pruned.masks.items():
        assert not final.model.get_parameter(name)[~mask].any()
    assert torch.equal(task.model.state_dict()["fc1.weight"], before)


def test_episodes_that_cannot_be_played_are_refused():
    assert practice_of(None).rollouts == ALL_EPISODES and USUAL_PRACTICE.examples == 32_768
    for wrong in (0, 10_000):
        with pytest.raises(BadInput):
            practice_of(wrong)
    with pytest.raises(UnknownTask):
        load("cartpole-policy", target="wind")


def test_what_a_policy_learned_from_is_counted_as_it_was_asked_for():
    """Five episodes are five examples to whoever chose them, however often their steps are looked at; all are 100."""
    short = {count: load("cartpole-policy", target="gravity", examples=count) for count in (5, None)}
    assert [learned_from(task, count) for count, task in short.items()] == [5, ALL_EPISODES]
    assert short[5].count("train") * 20 == short[None].count("train")
    assert learned_from(load("fashion-mlp", target="digits", examples=50), 50) == 50
    assert learned_from(load("fashion-mlp", target="digits"), None) == load("fashion-mlp", target="digits").count(
        "train"
    )
    name = with_stored_weights("cartpole-policy~gravity:5", "ab" * 32)
    named = replace(short[5], info=replace(short[5].info, name=name))
    assert learned_from(named, 5) == 5  # weights of the store take nothing away from its name
