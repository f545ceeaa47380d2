"""What the policies can learn besides: to act in a world whose physics changed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import BadInput
from core.language import text, together
from core.tasks.control.experience import Practice
from core.tasks.control.worlds import Conditions
from core.tasks.targets import Target

ALL_EPISODES, MOST_EPISODES = 100, 200
"""Episodes that "all" stands for, since a world never runs out of them, and those that may be asked for."""

BATCH = 125
"""Examples of a step: a quarter of an episode."""

COUNTS = (5, 20, 50)

METERED = text(
    "An example is an episode's worth of time, 500 steps; all are {all} of them. Each round of training plays so many "
    "anew, and there is one round unless a recipe says more.",
    all=ALL_EPISODES,
)


@dataclass(frozen=True)
class WorldTarget:
    """Hold one changed world; learning_rate: what suits learning to act in it."""

    target: Target
    conditions: Conditions
    learning_rate: float = 1e-3

    def defaults(self, practice: Practice) -> Mapping[str, Mapping[str, Any]]:
        """Return the choices in which each preset differs: one round, so that all meet as much of the world."""
        choices = {
            "epochs": 1,
            "steps": math.ceil(practice.examples / BATCH),
            "batch_size": BATCH,
            "learning_rate": self.learning_rate,
            "distill": 0.0,
            "augment": (),
        }
        return {"quick": choices, "careful": choices, "textbook": choices}


def practice_of(episodes: int | None) -> Practice:
    """Return what a policy meets in one round: ten agents side by side, 50 steps each, for each episode's worth.

    episodes: how many; None for ALL_EPISODES. Raises BadInput for too many.
    """
    count = ALL_EPISODES if episodes is None else episodes
    if not 1 <= count <= MOST_EPISODES:
        raise BadInput(
            text("{count:,} episodes cannot be played while you wait.", count=count),
            text("Choose 1 to {most_episodes}, or all.", most_episodes=MOST_EPISODES),
        )
    return Practice(agents=10, steps=50, rollouts=count, passes=8)


def _target(name: str, title: str, about: str) -> Target:
    source = text("gymnasium (Towers et al. 2024, MIT licence), changed")
    return Target(name, title, together((about, METERED)), source, COUNTS, endless=ALL_EPISODES)


TARGETS: Mapping[str, Mapping[str, WorldTarget]] = {
    network: {each.target.name: each for each in offered}
    for network, offered in {
        "cartpole-policy": (
            WorldTarget(
                _target(
                    "gravity",
                    text("Four times the gravity"),
                    text("The pole falls faster. Up to three times the gravity the policy copes with as it is."),
                ),
                Conditions(gravity=4.0),
            ),
            WorldTarget(
                _target(
                    "short-pole",
                    text("A pole of a fifth of the length"),
                    text("A short pole falls faster than the policy expects."),
                ),
                Conditions(length=0.2),
            ),
            WorldTarget(
                _target(
                    "long-pole",
                    text("A pole four times as long"),
                    text(
                        "So slow a pole wants other habits: see whether what was learned before helps here or stands "
                        "in the way."
                    ),
                ),
                Conditions(length=4.0),
            ),
            WorldTarget(
                _target(
                    "noise",
                    text("Noisy sensors"),
                    text("Each observed number comes with noise of standard deviation 0.2."),
                ),
                Conditions(noise=0.2),
            ),
        ),
        "acrobot-policy": (
            WorldTarget(
                _target(
                    "heavy-arm",
                    text("An outer arm three times as heavy"),
                    text("It takes more swings to reach the line."),
                ),
                Conditions(load=3.0),
            ),
            WorldTarget(
                _target(
                    "weak-joint", text("A joint of half the force"), text("It takes more swings to reach the line.")
                ),
                Conditions(force=0.5),
            ),
        ),
    }.items()
}
"""Name of a policy -> name of a target -> the changed world."""
