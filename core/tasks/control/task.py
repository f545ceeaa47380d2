"""Control: an agent that acts, judged by what it collects, and trained on what it meets."""

import functools
import importlib
import io
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from core.errors import BadInput, TaskUnavailable
from core.quality import Quality, mean
from core.tasks.assets import Assets
from core.tasks.base import (
    Baseline,
    Batch,
    BatchRequest,
    ExtraFigures,
    Inputs,
    Task,
    TaskInfo,
    Training,
    named,
    prunable_parameters,
)
from core.tasks.control.networks import AcrobotPolicy, Policy
from core.tasks.demo import Answer, Demo

EPISODES = 20
"""How many episodes judge a policy; each split has its own."""

SEEDS = {"train": 10_000, "validation": 20_000, "test": 30_000}
"""The seed of the first episode of each split; the others follow."""

TOGETHER, LENGTH, ROLLOUTS, PASSES = 16, 128, 4, 4
"""Agents that gather experience side by side, their steps, how often, and how often each experience is learned from."""

DISCOUNT, TRACE, CLIP = 0.99, 0.95, 0.2
"""Of PPO: how much the next step counts, the mix of short and long views, and how far a policy may move at once."""

CURIOSITY = 0.01
"""Weight of the entropy in the loss, so that a policy does not settle too early."""

FRAMES, PAUSE = 80, 100
"""At most so many pictures in an animation, and milliseconds between two."""

SOURCE = "gymnasium (Towers et al. 2024, MIT licence)"
TRAINED = "trained by this project with PPO (Schulman et al. 2017)"


@dataclass(frozen=True)
class World:
    """One environment and how it is shown.

    id: what gymnasium calls it; build: its policy; worst, best: the lowest and the highest return there is.
    scale: what returns are divided by, so that the network values situations by numbers around 1.
    draw: (observation) -> a picture of it; ended: what it means that an episode ends early.
    noise: standard deviation of what is added to each observed number; gravity: times the usual, where a world has it.
    """

    id: str
    build: Callable[[], nn.Module]
    title: str
    about: str
    worst: float
    scale: float
    draw: Callable[[np.ndarray], Image.Image]
    ended: str
    inputs: str
    noise: float = 0.0
    gravity: float = 1.0
    best: float = 0.0


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the control tasks that ship."""
    return [info(name, entry["parameters"]) for name, entry in assets.manifest["models"].items() if name in WORLDS]


def load(assets: Assets, name: str) -> Task:
    """Load a shipped policy. Raises TaskUnavailable when a file is not as shipped or gymnasium is not installed."""

    def stored(file: str) -> nn.Module:
        model = WORLDS[name].build()
        try:
            model.load_state_dict(load_safetensors(assets.read(file)))
        except (SafetensorError, RuntimeError) as error:
            raise TaskUnavailable(*assets.damaged(file)) from error
        return model.eval()

    about = info(name, assets.manifest["models"][name]["parameters"])
    return make_task(about, stored(f"models/{name}.safetensors"), lambda: stored(f"models/{name}-early.safetensors"))


def make_task(
    about: TaskInfo, model: nn.Module, early: Callable[[], nn.Module | None] = lambda: None, world: World | None = None
) -> Task:
    """Join a policy and its world, by default that of its name, to a task."""
    world = world or WORLDS[about.name]
    _gymnasium()
    bounds = world.worst, world.best

    def score(model: nn.Module, split: str, limit: int | None) -> Iterator[Quality]:
        count = min(limit or EPISODES, EPISODES)
        returns = play(model, world.id, [SEEDS[split] + i for i in range(count)], None, world.noise, world.gravity)
        yield mean(returns, "Return", split, bounds=bounds)

    def draw(asked: BatchRequest) -> Iterator[Batch]:
        return experience(dense if asked.model is None else asked.model, world, asked.batch_size, asked.generator)

    def answer(model: nn.Module, number: int) -> Answer:
        if not 1 <= number <= 1_000:
            raise BadInput(f"There is no episode {number}.", "Choose 1 to 1,000.")
        seen: list[np.ndarray] = []
        (total,) = play(model, world.id, [SEEDS["validation"] + number - 1], seen)
        longest = limit(world.id)
        if math.isnan(total):
            return Answer("no answer: what this network rates actions by is not a number")
        end = f"{world.ended} after {len(seen)} steps" if len(seen) < longest else f"went on for all {longest} steps"
        return Answer(f"Return {total:.0f}; {end}", image=film([world.draw(each) for each in seen]))

    shifts = {"noisy observation": lambda strength: replace(world, noise=0.05 * strength)}
    if about.name == "cartpole-policy":
        shifts["stronger gravity"] = lambda strength: replace(world, gravity=1.0 + 0.5 * strength)

    def under(change: Callable[[int], World], strength: int) -> Task:
        return make_task(about, model, early, change(strength))

    dense = model.eval()
    return Task(
        info=about,
        model=dense,
        prunable=prunable_parameters(model),
        example=torch.zeros(1, model.fc1.in_features),
        inputs=Inputs(world.inputs, few=lambda count: torch.from_numpy(starts(world.id, count))),
        training=Training((), RECIPE_DEFAULTS, early, world.build, imitation),
        score=score,
        draw=draw,
        loss=functools.partial(clipped_loss, scale=world.scale),
        count={"train": TOGETHER * LENGTH * ROLLOUTS * PASSES, "validation": EPISODES, "test": EPISODES}.__getitem__,
        extra=ExtraFigures(
            baseline=Baseline(
                "actions by chance",
                lambda split: mean(by_chance(world.id, SEEDS[split]), "Return", split, bounds=bounds),
            )
        ),
        shifts={kind: functools.partial(under, change) for kind, change in shifts.items()},
        demo=Demo(
            "Watch both agents play the same episode",
            "Episode number",
            1,
            answer,
            help="Each number is another start. The first 20 are those that validation returns come from.",
        ),
    )


RECIPE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"epochs": 3, "batch_size": 256, "learning_rate": 3e-4, "distill": 0.9, "temperature": 1.0},
    "careful": {"epochs": 10, "batch_size": 256, "learning_rate": 3e-4, "distill": 0.9, "temperature": 1.0},
    "textbook": {"batch_size": 256},
}


def _gymnasium() -> Any:
    try:
        return importlib.import_module("gymnasium")
    except ImportError as error:
        raise TaskUnavailable(
            "This model needs the package gymnasium, which is not installed.",
            "Install what the app needs: pip install -r requirements.txt",
        ) from error


def starts(world: str, count: int) -> np.ndarray:
    """Return what is observed at the beginning of a few episodes and some steps later, float32 (count, observed)."""
    found = []
    for number, env in enumerate(environments(world, count)):
        now, _ = env.reset(seed=number)
        for _ in range(5 * number):
            now, _, ended, _, _ = env.step(0)
            if ended:
                break
        found.append(now)
    return np.stack(found).astype(np.float32)


def limit(world: str) -> int:
    """Return after how many steps an episode is over at the latest."""
    return _gymnasium().spec(world).max_episode_steps


def environments(world: str, count: int) -> list[Any]:
    """Make environments without any wrapper, since these cost more than the worlds themselves."""
    return [_gymnasium().make(world, disable_env_checker=True).unwrapped for _ in range(count)]


def play(
    model: nn.Module,
    world: str,
    seeds: list[int],
    seen: list[np.ndarray] | None = None,
    noise: float = 0.0,
    gravity: float = 1.0,
) -> np.ndarray:
    """Let a policy play one episode a seed, side by side, always taking what it rates highest; return the returns (n,).

    An episode in which it once gives no answer has NaN.

    seen: gets each observation of the first episode. noise, gravity: see World.
    """
    envs, drawn = environments(world, len(seeds)), np.random.default_rng(seeds[0])
    for env in envs:
        if hasattr(env, "gravity"):
            env.gravity *= gravity
    now = np.stack([env.reset(seed=seed)[0] for env, seed in zip(envs, seeds, strict=True)])
    returns, playing = np.zeros(len(seeds)), list(range(len(seeds)))
    with torch.inference_mode():
        for _ in range(limit(world)):
            if seen is not None:
                seen.append(now[0].copy())
            observed = now[playing] + noise * drawn.standard_normal(now[playing].shape).astype(np.float32)
            chosen = named(model(torch.from_numpy(observed))[:, :-1]).tolist()
            still = []
            for place, action in zip(playing, chosen, strict=True):
                if action < 0:  # no answer is no action
                    returns[place] = np.nan
                    continue
                now[place], reward, ended, _, _ = envs[place].step(action)
                returns[place] += reward
                if not ended:
                    still.append(place)
            playing = still
            if not playing:
                break
    return returns


def by_chance(world: str, seed: int) -> np.ndarray:
    """Return what actions by chance collect in the episodes that begin with this seed, (EPISODES,)."""
    returns = []
    for number, env in enumerate(environments(world, EPISODES)):
        env.reset(seed=seed + number)
        drawn, total = np.random.default_rng(seed + number), 0.0
        for _ in range(limit(world)):
            _, reward, ended, _, _ = env.step(int(drawn.integers(env.action_space.n)))
            total += reward
            if ended:
                break
        returns.append(total)
    return np.array(returns)


def experience(model: nn.Module, world: World, batch_size: int, generator: torch.Generator) -> Iterator[Batch]:
    """Let a policy act by chance in the shares it gives to actions, and yield what it met, again and again.

    Yields observations (n, observed) and (n, 4): action, its log-probability, advantage, return (scaled).
    Source: Schulman et al. 2017, Proximal policy optimization; 2016, generalized advantage estimation.
    """
    envs, longest = environments(world.id, TOGETHER), limit(world.id)

    def seed() -> int:
        return int(torch.randint(2**31 - 1, (1,), generator=generator))

    now = np.stack([env.reset(seed=seed())[0] for env in envs])
    age = np.zeros(TOGETHER, int)
    for _ in range(ROLLOUTS):
        met = np.zeros((LENGTH, *now.shape), np.float32)
        actions, chances, values, rewards, alive = (torch.zeros(LENGTH, TOGETHER) for _ in range(5))
        for step in range(LENGTH):
            met[step] = now
            with torch.no_grad():
                output = model(torch.from_numpy(now))
                if not output.isfinite().all():
                    raise BadInput(
                        "This network gives no answers to act by: they are not numbers.", "Start from another network."
                    )
                shares = output[:, :-1].log_softmax(1)
                actions[step] = torch.multinomial(shares.exp(), 1, generator=generator)[:, 0]
                chances[step] = shares.gather(1, actions[step].long()[:, None])[:, 0]
                values[step] = output[:, -1]
            for place, env in enumerate(envs):
                now[place], reward, ended, _, _ = env.step(int(actions[step, place]))
                age[place] += 1
                rewards[step, place] = reward / world.scale
                alive[step, place] = 0.0 if ended else 1.0
                if ended or age[place] >= longest:
                    if not ended:  # cut off, not over: what would have come counts as the network values it
                        with torch.no_grad():
                            rewards[step, place] += DISCOUNT * model(torch.from_numpy(now[place : place + 1]))[0, -1]
                        alive[step, place] = 0.0
                    now[place], age[place] = env.reset(seed=seed())[0], 0
        with torch.no_grad():
            following = model(torch.from_numpy(now))[:, -1]
        advantages, gathered = torch.zeros(LENGTH, TOGETHER), torch.zeros(TOGETHER)
        for step in reversed(range(LENGTH)):
            surprise = rewards[step] + DISCOUNT * following * alive[step] - values[step]
            gathered = surprise + DISCOUNT * TRACE * alive[step] * gathered
            advantages[step], following = gathered, values[step]
        inputs = torch.from_numpy(met).flatten(0, 1)
        targets = torch.stack([actions, chances, advantages, advantages + values], 2).flatten(0, 1)
        for _ in range(PASSES):
            for chosen in torch.randperm(len(inputs), generator=generator).split(batch_size):
                yield inputs[chosen], targets[chosen]


def clipped_loss(output: Tensor, target: Tensor, smoothing: float, scale: float = 1.0) -> Tensor:
    """Return PPO's loss: the clipped gain of the policy, half the squared error of the values, and the entropy."""
    action, before, advantage, gathered = target.unbind(1)
    shares = output[:, :-1].log_softmax(1)
    ratio = (shares.gather(1, action.long()[:, None])[:, 0] - before).exp()
    advantage = (advantage - advantage.mean()) / (advantage.std(unbiased=False) + 1e-8)
    gain = torch.minimum(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage).mean()
    entropy = -(shares.exp() * shares).sum(1).mean()
    return -gain + 0.5 * F.mse_loss(output[:, -1], gathered) - CURIOSITY * entropy


def imitation(output: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Return how far a policy is from a teacher's: of the shares of the actions, and of the values."""
    ours, theirs = ((each[:, :-1] / temperature).log_softmax(1) for each in (output, wanted))
    apart = F.kl_div(ours, theirs, reduction="batchmean", log_target=True)
    return temperature**2 * apart + 0.5 * F.mse_loss(output[:, -1], wanted[:, -1])


def film(pictures: list[Image.Image]) -> bytes:
    """Join pictures to a GIF that runs for ever, leaving out some of many."""
    every = math.ceil(len(pictures) / FRAMES)
    chosen = [*pictures[::every], *([pictures[-1]] * 5)]
    file = io.BytesIO()
    chosen[0].save(file, "GIF", save_all=True, append_images=chosen[1:], duration=PAUSE, loop=0)
    return file.getvalue()


SKY, INK, WOOD, JOINT = (245, 247, 250), (60, 60, 60), (200, 120, 40), (0, 114, 178)


def draw_cart(observation: np.ndarray) -> Image.Image:
    """Draw a cart with its pole, (position in m, speed, angle in rad, its speed)."""
    picture = Image.new("RGB", (320, 200), SKY)
    pen = ImageDraw.Draw(picture)
    x, angle = 160 + float(observation[0]) * 60, float(observation[2])
    pen.line([(0, 160), (320, 160)], INK, 2)
    pen.rectangle([x - 26, 142, x + 26, 160], INK)
    pen.line([(x, 142), (x + 100 * math.sin(angle), 142 - 100 * math.cos(angle))], WOOD, 8)
    pen.ellipse([x - 5, 137, x + 5, 147], JOINT)
    return picture.quantize(16)


def draw_acrobot(observation: np.ndarray) -> Image.Image:
    """Draw two arms that hang from a joint, and the line that the free end must reach."""
    picture = Image.new("RGB", (320, 200), SKY)
    pen = ImageDraw.Draw(picture)
    first = math.atan2(observation[1], observation[0])
    both = first + math.atan2(observation[3], observation[2])
    knee = (160 + 45 * math.sin(first), 100 + 45 * math.cos(first))
    hand = (knee[0] + 45 * math.sin(both), knee[1] + 45 * math.cos(both))
    pen.line([(0, 55), (320, 55)], INK, 1)
    pen.line([(160, 100), knee], WOOD, 8)
    pen.line([knee, hand], WOOD, 8)
    for x, y in ((160, 100), knee):
        pen.ellipse([x - 5, y - 5, x + 5, y + 5], JOINT)
    return picture.quantize(16)


WORLDS = {
    "cartpole-policy": World(
        "CartPole-v1",
        Policy,
        "Cart-pole policy - balance (gymnasium)",
        "Pushes a cart to the left or right so that the pole on it stays upright; one point a step, 500 at most.",
        0.0,
        50.0,
        draw_cart,
        "fell",
        "position (m), speed (m/s), angle (rad) and its speed (rad/s) of CartPole-v1. It answers with 3 numbers: how "
        "good it is to push left, to push right, and a value of the situation. The larger of the first two is done.",
        best=500.0,
    ),
    "acrobot-policy": World(
        "Acrobot-v1",
        AcrobotPolicy,
        "Acrobot policy - swing up (gymnasium)",
        "Swings two hanging arms until their end reaches a line, with force at the joint only; minus one point a step.",
        -500.0,
        50.0,
        draw_acrobot,
        "reached the line",
        "cosine and sine of both angles and both speeds (rad/s) of Acrobot-v1. It answers with 4 numbers: how good it "
        "is to turn one way, not at all, the other way, and a value of the situation. The largest of the first three "
        "is done.",
    ),
}


def info(name: str, parameters: int) -> TaskInfo:
    """Describe a policy for the catalogue."""
    world = WORLDS[name]
    return TaskInfo(name, world.title, "control", "Return", parameters, SOURCE, True, world.about, world.worst, TRAINED)
