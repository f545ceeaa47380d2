"""Play episodes, by a policy or by chance: what a policy collects in them is how good it is."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from core.tasks.control.worlds import USUAL, Conditions, environments, step_limit
from core.tasks.outputs import predicted_classes

EPISODES = 20
"""How many episodes judge a policy; each split has its own."""

FIRST_SEEDS = {"train": 10_000, "validation": 20_000, "test": 30_000}
"""The seed of the first episode of each split; the others follow."""


def play(
    model: nn.Module,
    world_id: str,
    seeds: list[int],
    conditions: Conditions = USUAL,
    watch: Callable[[np.ndarray], object] | None = None,
) -> np.ndarray:
    """Let a policy play one episode a seed, side by side, always taking the action that it rates highest.

    watch: is called with each observation of the first episode, (observed,), while any episode goes on.
    Returns the returns (n,); NaN for an episode in which the policy once gives no answer.
    """
    playing, drawn = environments(world_id, len(seeds), conditions), np.random.default_rng(seeds[0])
    observations = np.stack([each.reset(seed=seed)[0] for each, seed in zip(playing, seeds, strict=True)])
    returns, places = np.zeros(len(seeds)), list(range(len(seeds)))  # places: of the episodes that go on
    with torch.inference_mode():
        for _ in range(step_limit(world_id)):
            if watch is not None:
                watch(observations[0].copy())
            noise = conditions.noise * drawn.standard_normal(observations[places].shape).astype(np.float32)
            actions = predicted_classes(model(torch.from_numpy(observations[places] + noise))[:, :-1]).tolist()
            still = []
            for place, action in zip(places, actions, strict=True):
                if action < 0:  # no answer is no action
                    returns[place] = np.nan
                    continue
                observations[place], reward, ended, _, _ = playing[place].step(action)
                returns[place] += reward
                if not ended:
                    still.append(place)
            places = still
            if not places:
                break
    return returns


def play_by_chance(world_id: str, first_seed: int, conditions: Conditions = USUAL) -> np.ndarray:
    """Return what random actions collect in the episodes that begin with this seed, (EPISODES,)."""
    returns = []
    for number, environment in enumerate(environments(world_id, EPISODES, conditions)):
        environment.reset(seed=first_seed + number)
        drawn, total = np.random.default_rng(first_seed + number), 0.0
        for _ in range(step_limit(world_id)):
            _, reward, ended, _, _ = environment.step(int(drawn.integers(environment.action_space.n)))
            total += reward
            if ended:
                break
        returns.append(total)
    return np.array(returns)
