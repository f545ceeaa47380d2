"""Build the control tasks: policies that learn by acting."""

from pathlib import Path

import torch
from safetensors.torch import save as save_safetensors

from core.build.training import store_figures, train
from core.tasks.assets import Assets
from core.tasks.control import task as control
from core.tuning import Recipe

EARLY = 1

RECIPES = {
    "cartpole-policy": Recipe(epochs=12, learning_rate=1e-3, batch_size=256),
    "acrobot-policy": Recipe(epochs=12, learning_rate=1e-3, batch_size=256),
}


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Train a policy from nothing; the world itself is a package, so no data is needed."""
    torch.manual_seed(RECIPES[name].seed)
    model = control.WORLDS[name].build()
    task = control.make_task(control.info(name, sum(p.numel() for p in model.parameters())), model)
    early, trained = train(task, RECIPES[name], EARLY)
    assets.write(f"models/{name}-early.safetensors", save_safetensors(early.state_dict()))
    assets.write(f"models/{name}.safetensors", save_safetensors(trained.state_dict()))
    assets.manifest["data"]["gymnasium"] = {
        "licence": "MIT, as the package gymnasium; nothing of it ships here",
        "source": "Towers et al. 2024: Gymnasium; CartPole-v1 (Barto, Sutton, Anderson 1983), Acrobot-v1 (Sutton 1996)",
        "splits": {split: control.EPISODES for split in control.SEEDS},
        "how": f"episodes by seed, from {control.SEEDS} on; training meets others",
    }
    store_figures(assets, task, trained, RECIPES[name], "gymnasium", EARLY)
