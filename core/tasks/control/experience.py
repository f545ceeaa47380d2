"""Experience that a policy learns from while it acts, and the losses that it learns by: PPO.

PPO is our own because ours knows masks: it is only batches and a loss, which the fine-tuning loop of all fields takes,
and that loop keeps removed weights at zero. The trainers of libraries take their own steps and would bring them back.
Source: Schulman et al. 2017, Proximal policy optimization; 2016, generalized advantage estimation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text
from core.tasks.control.worlds import USUAL, Conditions, World, environments, step_limit
from core.tasks.records import Batch


@dataclass(frozen=True)
class Practice:
    """Choose how much a policy meets in one epoch.

    agents: so many act side by side, each for so many `steps`, before the policy learns from what they met, `passes`
    times over; rollouts: how often all that is done.
    """

    agents: int = 16
    steps: int = 128
    rollouts: int = 4
    passes: int = 4

    @property
    def examples(self) -> int:
        """How many examples one epoch has."""
        return self.agents * self.steps * self.rollouts * self.passes


USUAL_PRACTICE = Practice()

DISCOUNT, TRACE, CLIP = 0.99, 0.95, 0.2
"""Of PPO: how much the next step counts, the mix of short and long views, and how far a policy may move at once."""

ENTROPY_WEIGHT = 0.01
"""Weight of the entropy in the loss, so that a policy does not settle too early."""


@dataclass(eq=False)
class Agents:
    """Hold environments side by side while a policy acts in them.

    observations: of each now, as the policy sees it, float32 (agents, observed).
    ages: steps since each was reset, int (agents,).
    longest: steps after which an episode is cut off.
    generator: decides every start, every action and all noise.
    noise: standard deviation of the noise on each observed number.
    """

    environments: list[Any]
    observations: np.ndarray
    ages: np.ndarray
    longest: int
    generator: torch.Generator
    noise: float = 0.0

    def observe(self, observation: np.ndarray) -> np.ndarray:
        """Return an observation as the policy sees it, (..., observed)."""
        if not self.noise:
            return observation
        return observation + self.noise * torch.randn(observation.shape, generator=self.generator).numpy()


@dataclass(frozen=True, eq=False)
class Rollout:
    """Hold what the agents met, each (steps, agents), observations (steps, agents, observed).

    actions, log_probabilities: what they did, and how likely the policy found that.
    values: what the policy thought of the situations; rewards: what came, divided by the world's scale.
    goes_on: 1 where the episode went on after the step, 0 where it ended.
    following: the value of the situations after the last step, (agents,).
    """

    observations: Tensor
    actions: Tensor
    log_probabilities: Tensor
    values: Tensor
    rewards: Tensor
    goes_on: Tensor
    following: Tensor


def experience(
    model: nn.Module,
    world: World,
    batch_size: int,
    generator: torch.Generator,
    conditions: Conditions = USUAL,
    practice: Practice = USUAL_PRACTICE,
) -> Iterator[Batch]:
    """Let a policy act by chance in the shares it gives to actions, and yield what it met, again and again.

    conditions: how the world is; practice: how much of it is met.
    Yields observations (n, observed) and (n, 4): action, its log-probability, advantage, return (scaled).
    Raises BadInput if the policy's outputs are not numbers.
    """
    agents = start_agents(world, generator, conditions, practice.agents)
    for _ in range(practice.rollouts):
        met = gather(model, world, agents, practice.steps)
        gains = advantages(met)
        inputs = met.observations.flatten(0, 1)
        targets = torch.stack([met.actions, met.log_probabilities, gains, gains + met.values], 2).flatten(0, 1)
        for _ in range(practice.passes):
            for chosen in torch.randperm(len(inputs), generator=generator).split(batch_size):
                yield inputs[chosen], targets[chosen]


def start_agents(world: World, generator: torch.Generator, conditions: Conditions = USUAL, count: int = 16) -> Agents:
    """Begin an episode in each of so many environments."""
    playing = environments(world.id, count, conditions)
    observations = np.stack([environment.reset(seed=_seed(generator))[0] for environment in playing])
    agents = Agents(playing, observations, np.zeros(count, int), step_limit(world.id), generator, conditions.noise)
    agents.observations = agents.observe(observations)
    return agents


def gather(model: nn.Module, world: World, agents: Agents, steps: int = USUAL_PRACTICE.steps) -> Rollout:
    """Let the agents take so many steps, from where they are."""
    observations = np.zeros((steps, *agents.observations.shape), np.float32)
    actions, log_probabilities, values, rewards, goes_on = torch.zeros(5, steps, len(agents.environments))
    for step in range(steps):
        observations[step] = agents.observations
        actions[step], log_probabilities[step], values[step] = act(model, agents)
        rewards[step], goes_on[step] = advance(model, world, agents, actions[step])
    with torch.no_grad():
        following = model(torch.from_numpy(agents.observations))[:, -1]
    met = torch.from_numpy(observations)
    return Rollout(met, actions, log_probabilities, values, rewards, goes_on, following)


def act(model: nn.Module, agents: Agents) -> tuple[Tensor, Tensor, Tensor]:
    """Draw an action for each agent; return actions, their log-probabilities and the situations' values, (agents,)."""
    with torch.no_grad():
        output = model(torch.from_numpy(agents.observations))
        if not output.isfinite().all():
            raise BadInput(
                text("This network gives no answers to act by: they are not numbers."),
                text("Start from another network."),
            )
        shares = output[:, :-1].log_softmax(1)
        actions = torch.multinomial(shares.exp(), 1, generator=agents.generator)
        return actions[:, 0], shares.gather(1, actions)[:, 0], output[:, -1]


def advance(model: nn.Module, world: World, agents: Agents, actions: Tensor) -> tuple[Tensor, Tensor]:
    """Take one step with each agent; return rewards and goes_on, (agents,). Where an episode is over, one begins."""
    rewards, goes_on = torch.zeros(len(actions)), torch.ones(len(actions))
    for place, environment in enumerate(agents.environments):
        observation, reward, ended, _, _ = environment.step(int(actions[place]))
        agents.observations[place] = agents.observe(observation)
        agents.ages[place] += 1
        rewards[place] = reward / world.scale
        if not (ended or agents.ages[place] >= agents.longest):
            continue
        if not ended:  # cut off, not over: what would have come counts as the network values it
            with torch.no_grad():
                output = model(torch.from_numpy(agents.observations[place : place + 1]))
            rewards[place] += DISCOUNT * output[0, -1]
        goes_on[place] = 0.0
        agents.observations[place] = agents.observe(environment.reset(seed=_seed(agents.generator))[0])
        agents.ages[place] = 0
    return rewards, goes_on


def advantages(met: Rollout) -> Tensor:
    """Estimate the generalized advantage of each action over the value of its situation, (steps, agents)."""
    gains, following, gathered = torch.zeros_like(met.values), met.following, torch.zeros_like(met.following)
    for step in reversed(range(len(gains))):
        surprise = met.rewards[step] + DISCOUNT * following * met.goes_on[step] - met.values[step]
        gathered = surprise + DISCOUNT * TRACE * met.goes_on[step] * gathered
        gains[step], following = gathered, met.values[step]
    return gains


def _seed(generator: torch.Generator) -> int:
    """Draw the seed of an episode."""
    return int(torch.randint(2**31 - 1, (1,), generator=generator))


def clipped_loss(output: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return PPO's loss: the clipped gain of the policy, half the squared error of the values, and the entropy.

    target: (n, 4), as `experience` yields them. smoothing: is ignored, for there are no classes.
    """
    action, before, advantage, gathered = target.unbind(1)
    shares = output[:, :-1].log_softmax(1)
    ratio = (shares.gather(1, action.long()[:, None])[:, 0] - before).exp()
    advantage = (advantage - advantage.mean()) / (advantage.std(unbiased=False) + 1e-8)
    gain = torch.minimum(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage).mean()
    entropy = -(shares.exp() * shares).sum(1).mean()
    return -gain + 0.5 * F.mse_loss(output[:, -1], gathered) - ENTROPY_WEIGHT * entropy


def imitation_loss(output: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Return how far a policy is from a teacher's: of the shares of the actions, and of the values."""
    ours, theirs = ((each[:, :-1] / temperature).log_softmax(1) for each in (output, wanted))
    apart = F.kl_div(ours, theirs, reduction="batchmean", log_target=True)
    return temperature**2 * apart + 0.5 * F.mse_loss(output[:, -1], wanted[:, -1])
