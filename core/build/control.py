"""Build the control tasks: policies that learn by acting."""

from pathlib import Path

import torch

from core.build.training import parameters, train_and_store
from core.tasks.assets import Assets
from core.tasks.control.play import EPISODES, FIRST_SEEDS
from core.tasks.control.task import info, make_task
from core.tasks.control.worlds import WORLDS
from core.tuning import Recipe

EARLY = 1
"""Epochs after which the state is kept that rewinding goes back to."""

RECIPES = {
    "cartpole-policy": Recipe(epochs=12, learning_rate=1e-3, batch_size=256),
    "acrobot-policy": Recipe(epochs=12, learning_rate=1e-3, batch_size=256),
}


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Train a policy from nothing; the world itself is a package, so no data is needed."""
    torch.manual_seed(RECIPES[name].seed)
    model = WORLDS[name].build()
    train_and_store(assets, make_task(info(name, parameters(model)), model), RECIPES[name], "gymnasium", EARLY)
    assets.manifest["data"]["gymnasium"] = {
        "licence": "MIT, as the package gymnasium; nothing of it ships here",
        "source": "Towers et al. 2024: Gymnasium; CartPole-v1 (Barto, Sutton, Anderson 1983), Acrobot-v1 (Sutton 1996)",
        "splits": {split: EPISODES for split in FIRST_SEEDS},
        "how": f"episodes by seed, from {FIRST_SEEDS} on; training meets others",
    }
