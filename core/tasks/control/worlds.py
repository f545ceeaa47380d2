"""The worlds in which policies act: what they are, how they are made, how they can be made harder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from core.language import text
from core.tasks.control.drawing import draw_acrobot, draw_cart
from core.tasks.control.networks import AcrobotPolicy, Policy
from core.tasks.packages import import_package


@dataclass(frozen=True)
class World:
    """Describe one environment, its policy, and how people see it.

    id: its name in gymnasium.
    build: () -> a policy with random weights.
    title, about: as in TaskInfo.
    worst, best: the lowest and the highest return there is.
    scale: divides returns, so that the network values situations by numbers around 1.
    draw: (observation) -> a picture of it.
    ending: why an episode ends early, as in "fell".
    format, answers: observations and answers in a sentence or two, for somebody who loads the download.
    """

    id: str
    build: Callable[[], Policy]
    title: str
    about: str
    worst: float
    best: float
    scale: float
    draw: Callable[[np.ndarray], Image.Image]
    ending: str
    format: str
    answers: str


@dataclass(frozen=True)
class Conditions:
    """Choose how a world differs from the usual one.

    noise: standard deviation of the noise on each observed number.
    gravity, length: times the usual one, of a cart with a pole.
    load, force: times the usual mass of the outer arm, and force of the joint, of two arms.
    """

    noise: float = 0.0
    gravity: float = 1.0
    length: float = 1.0
    load: float = 1.0
    force: float = 1.0


USUAL = Conditions()


def environments(world_id: str, count: int, conditions: Conditions = USUAL) -> list[Any]:
    """Make environments without any wrapper, since these cost more than the worlds themselves.

    conditions: their physics; noise is left to whoever shows a policy what is observed.
    Raises TaskUnavailable where gymnasium is not installed.
    """
    gymnasium = import_package("gymnasium")
    made = [gymnasium.make(world_id, disable_env_checker=True).unwrapped for _ in range(count)]
    for environment in made:
        for name, change in PHYSICS.items():
            if (times := getattr(conditions, name)) != 1.0:
                change(environment, times)
    return made


def _stronger_gravity(environment: Any, times: float) -> None:
    environment.gravity *= times


def _longer_pole(environment: Any, times: float) -> None:
    environment.length *= times
    environment.polemass_length = environment.masspole * environment.length


def _heavier_arm(environment: Any, times: float) -> None:
    environment.LINK_MASS_2 *= times


def _stronger_joint(environment: Any, times: float) -> None:
    environment.AVAIL_TORQUE = [times * each for each in environment.AVAIL_TORQUE]


PHYSICS: Mapping[str, Callable[[Any, float], None]] = {
    "gravity": _stronger_gravity,
    "length": _longer_pole,
    "load": _heavier_arm,
    "force": _stronger_joint,
}
"""Field of Conditions -> how an environment is changed by so many times the usual."""


def step_limit(world_id: str) -> int:
    """Return after how many steps an episode is over at the latest."""
    return import_package("gymnasium").spec(world_id).max_episode_steps


def has_gravity(environment: Any) -> bool:
    """Tell whether an environment has a gravity that can be changed."""
    return hasattr(environment, "gravity")


def first_observations(world_id: str, count: int) -> np.ndarray:
    """Return what is observed in a few episodes, each some steps further on, float32 (count, observed)."""
    found = []
    for number, environment in enumerate(environments(world_id, count)):
        observation, _ = environment.reset(seed=number)
        for _ in range(5 * number):
            observation, _, ended, _, _ = environment.step(0)
            if ended:
                break
        found.append(observation)
    return np.stack(found).astype(np.float32)


WORLDS = {
    "cartpole-policy": World(
        "CartPole-v1",
        Policy,
        text("Cart-pole policy - balance (gymnasium)"),
        text("Pushes a cart to the left or right so that the pole on it stays upright; one point a step, 500 at most."),
        worst=0.0,
        best=500.0,
        scale=50.0,
        draw=draw_cart,
        ending=text("fell"),
        format=text("position (m), speed (m/s), angle (rad) and its speed (rad/s) of CartPole-v1."),
        answers=text(
            "It answers with 3 numbers: how good it is to push left, to push right, and a value of the situation. The "
            "larger of the first two is done."
        ),
    ),
    "acrobot-policy": World(
        "Acrobot-v1",
        AcrobotPolicy,
        text("Acrobot policy - swing up (gymnasium)"),
        text(
            "Swings two hanging arms until their end reaches a line, with force at the joint only; minus one "
            "point a step."
        ),
        worst=-500.0,
        best=0.0,
        scale=50.0,
        draw=draw_acrobot,
        ending=text("reached the line"),
        format=text("cosine and sine of both angles and both speeds (rad/s) of Acrobot-v1."),
        answers=text(
            "It answers with 4 numbers: how good it is to turn one way, not at all, the other way, and a value of the "
            "situation. The largest of the first three is done."
        ),
    ),
}
"""The worlds by the names of the policies that ship."""
