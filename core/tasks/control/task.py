"""Control: an agent that acts, judged by the points it collects, and trained on what it meets."""

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from core.language import text
from core.quality import Quality, mean
from core.tasks.adapting import adapted_info, starting_network
from core.tasks.asset_files import load_weights
from core.tasks.assets import Assets
from core.tasks.base import Task, TaskInfo, prunable_parameters
from core.tasks.control.drawing import film
from core.tasks.control.experience import USUAL_PRACTICE, Practice, clipped_loss, experience, imitation_loss
from core.tasks.control.networks import Policy
from core.tasks.control.play import EPISODES, FIRST_SEEDS, play, play_by_chance
from core.tasks.control.targets import TARGETS, practice_of
from core.tasks.control.worlds import (
    USUAL,
    WORLDS,
    Conditions,
    World,
    environments,
    first_observations,
    has_gravity,
    step_limit,
)
from core.tasks.demo import Answer, Demo, require_number
from core.tasks.names import TaskName
from core.tasks.records import Baseline, Batch, BatchRequest, ExtraFigures, Inputs, Training
from core.tasks.targets import Target

SOURCE = text("gymnasium (Towers et al. 2024, MIT licence)")
TRAINED = text("trained by this project with PPO (Schulman et al. 2017)")

RECIPE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"epochs": 3, "batch_size": 256, "learning_rate": 3e-4, "distill": 0.9, "temperature": 1.0},
    "careful": {"epochs": 10, "batch_size": 256, "learning_rate": 3e-4, "distill": 0.9, "temperature": 1.0},
    "textbook": {"batch_size": 256},
}


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the control tasks that ship."""
    return [info(name, entry["parameters"]) for name, entry in assets.manifest["models"].items() if name in WORLDS]


def info(name: str, parameters: int) -> TaskInfo:
    """Describe a policy for the catalogue."""
    world = WORLDS[name]
    return TaskInfo(
        name,
        world.title,
        "control",
        "Return",
        parameters,
        SOURCE,
        shipped=True,
        about=world.about,
        worst=world.worst,
        weights=TRAINED,
    )


def load(assets: Assets, name: str) -> Task:
    """Load a shipped policy. Raises TaskUnavailable when a file is not as shipped or gymnasium is not installed."""
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        load_policy(assets, name, f"models/{name}.safetensors"),
        functools.partial(load_policy, assets, name, f"models/{name}-early.safetensors"),
    )


def targets(name: str) -> tuple[Target, ...]:
    """List the changed worlds in which a shipped policy can learn to act."""
    return tuple(each.target for each in TARGETS[name].values()) if name in TARGETS else ()


def adapt(assets: Assets, name: TaskName) -> Task:
    """Let a shipped policy begin to learn a changed world: judged in it, and learning from what it meets in it.

    Raises TaskUnavailable as `load` does, BadInput for more episodes than can be played while somebody waits.
    """
    chosen, world = TARGETS[name.network][name.target], WORLDS[name.network]
    pretrained = load_policy(assets, name.network, f"models/{name.network}.safetensors")
    model = cast(Policy, starting_network(pretrained, world.build, name))
    about = adapted_info(info(name.network, 0), name, chosen.target, model, source=SOURCE)
    practice = practice_of(name.examples)
    return make_task(about, model, conditions=chosen.conditions, practice=practice, defaults=chosen.defaults(practice))


def load_policy(assets: Assets, name: str, file: str) -> Policy:
    """Load one state of a policy. Raises TaskUnavailable when the file is not as shipped."""
    model = WORLDS[name].build()
    load_weights(assets, file, model)
    return model


def make_task(
    about: TaskInfo,
    model: Policy,
    early: Callable[[], nn.Module | None] = lambda: None,
    conditions: Conditions = USUAL,
    judged_in: Conditions | None = None,
    practice: Practice = USUAL_PRACTICE,
    defaults: Mapping[str, Mapping[str, Any]] = RECIPE_DEFAULTS,
) -> Task:
    """Join a policy and the world of its name to a task.

    early: () -> the policy as it was early in its training, or None.
    conditions: how the world is; judged_in: how it is when the policy is judged, if that is another one.
    practice: what it meets in one epoch; defaults: preset -> the choices in which it differs.
    Raises TaskUnavailable where gymnasium is not installed.
    """
    world, dense = WORLDS[TaskName.read(about.name).network], model.eval()
    judging = judged_in or conditions
    counts = {"train": practice.examples, "validation": EPISODES, "test": EPISODES}
    remake = functools.partial(make_task, about, model, early, conditions, practice=practice, defaults=defaults)
    return Task(
        info=about,
        model=dense,
        prunable=prunable_parameters(model),
        example=torch.zeros(1, model.fc1.in_features),
        inputs=Inputs(
            world.format, answers=world.answers, few=lambda count: torch.from_numpy(first_observations(world.id, count))
        ),
        training=Training((), defaults, early, world.build, imitation_loss),
        score=functools.partial(score, world, judging),
        draw=functools.partial(draw_batches, world, dense, conditions, practice),
        loss=clipped_loss,
        count=counts.__getitem__,
        extra=ExtraFigures(
            baseline=Baseline(text("actions by chance"), functools.partial(score_chance, world, judging))
        ),
        shifts=shifted_tasks(world, judging, lambda harder: remake(judged_in=harder)),
        demo=Demo(
            text("Watch both agents play the same episode"),
            text("Episode number"),
            1,
            functools.partial(show_episode, world, judging),
            help=text("Each number is another start. The first 20 are those that validation returns come from."),
        ),
    )


def shifted_tasks(
    world: World, conditions: Conditions, make: Callable[[Conditions], Task]
) -> dict[str, Callable[[int], Task]]:
    """Return for each shift that the world allows a function from a strength of 1 to 5 to the task under it."""
    shifts: dict[str, Callable[[int], Task]] = {
        text("noisy observation"): lambda strength: make(replace(conditions, noise=conditions.noise + 0.05 * strength))
    }
    if has_gravity(environments(world.id, 1)[0]):
        shifts[text("stronger gravity")] = lambda strength: make(
            replace(conditions, gravity=conditions.gravity * (1.0 + 0.5 * strength))
        )
    return shifts


def score(world: World, conditions: Conditions, model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
    """Judge a policy by the returns of the episodes of a split, or of the first `limit` of them."""
    seeds = [FIRST_SEEDS[split] + number for number in range(min(limit or EPISODES, EPISODES))]
    yield mean(play(model, world.id, seeds, conditions), "Return", split, bounds=(world.worst, world.best))


def score_chance(world: World, conditions: Conditions, split: str) -> Quality:
    """Judge random actions by the returns of the episodes of a split."""
    returns = play_by_chance(world.id, FIRST_SEEDS[split], conditions)
    return mean(returns, "Return", split, bounds=(world.worst, world.best))


def draw_batches(
    world: World, dense: nn.Module, conditions: Conditions, practice: Practice, request: BatchRequest
) -> Iterator[Batch]:
    """Return the experience of the policy that learns, or of the dense one, whatever the split."""
    model = dense if request.model is None else request.model
    return experience(model, world, request.batch_size, request.generator, conditions, practice)


def show_episode(world: World, conditions: Conditions, model: nn.Module, number: int) -> Answer:
    """Play one episode, and return how it ended and a film of it. Raises BadInput for a number that there is not."""
    require_number(text("episode"), number, 1_000)
    observations: list[np.ndarray] = []
    (total,) = play(model, world.id, [FIRST_SEEDS["validation"] + number - 1], conditions, observations.append)
    steps, longest = len(observations), step_limit(world.id)
    if math.isnan(total):
        return Answer(text("no answer: what this network rates actions by is not a number"))
    said = text("Return {total:.0f}; went on for all {longest} steps", total=total, longest=longest)
    if steps < longest:
        said = text("Return {total:.0f}; {ending} after {steps} steps", total=total, ending=world.ending, steps=steps)
    return Answer(said, image=film([world.draw(each) for each in observations]))
