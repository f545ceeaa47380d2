"""Build the vision tasks: Fashion-MNIST from its four files, and three networks that learn it."""

import gzip
import io
import tempfile
from pathlib import Path

import numpy as np
import torch
import torchvision
from safetensors.torch import save as save_safetensors

from core.build.training import store_figures, train
from core.tasks.assets import Assets
from core.tasks.vision import task as vision
from core.tuning import Recipe

EARLY = 1
"""Epochs after which the state is kept that rewinding goes back to."""

VALIDATION, TUNING, SPLIT_SEED = 5_000, 20_000, 2017

RECIPES = {
    "fashion-mlp": Recipe(epochs=30, learning_rate=1e-3, batch_size=128, optimizer="adamw", weight_decay=0.05),
    "fashion-lenet5": Recipe(epochs=16, learning_rate=1e-3, batch_size=128, optimizer="adamw", weight_decay=0.05),
    "fashion-resnet": Recipe(
        epochs=24,
        learning_rate=0.1,
        batch_size=128,
        optimizer="sgd",
        weight_decay=5e-4,
        warmup=0.15,
        augment=("flip", "shift"),
    ),
}

IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

Pictures = tuple[np.ndarray, np.ndarray]


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Prepare the data splits, train one network on the 55,000 training pictures, and store what came of it."""
    learned, test = read_folder(folder) if folder else download()
    learning, validation, tuning = split(learned[1])
    parts = {
        "train": (learned[0][tuning], learned[1][tuning]),
        "validation": (learned[0][validation], learned[1][validation]),
        "test": test,
    }
    store_data(assets, parts)

    recipe = RECIPES[name]
    torch.manual_seed(recipe.seed)
    model = vision.ARCHITECTURES[name].build()
    parameters = sum(p.numel() for p in model.parameters())
    everything = {**parts, "train": (learned[0][learning], learned[1][learning])}
    images = {part: vision.Images.from_bytes(*pictures) for part, pictures in everything.items()}
    counts = {part: len(pictures[1]) for part, pictures in everything.items()}
    task = vision.make_task(vision.info(name, parameters), model, images.__getitem__, counts)
    early, trained = train(task, recipe, EARLY)
    assets.write(f"models/{name}-early.safetensors", save_safetensors(early.state_dict()))
    assets.write(f"models/{name}.safetensors", save_safetensors(trained.state_dict()))
    store_figures(assets, task, trained, recipe, "fashion-mnist", EARLY)


def split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split training labels by seed, every class alike: indices to learn from, to validate, and (of the first) to tune.

    Returns sorted index arrays of 55,000, 5,000 and 20,000 for the 60,000 labels of Fashion-MNIST.
    """
    shuffled = np.random.default_rng(SPLIT_SEED)
    by_class = [shuffled.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    held, tuned = VALIDATION // len(by_class), TUNING // len(by_class)
    validation = np.sort(np.concatenate([each[:held] for each in by_class]))
    tuning = np.sort(np.concatenate([each[held : held + tuned] for each in by_class]))
    learning = np.sort(np.concatenate([each[held:] for each in by_class]))
    return learning, validation, tuning


def store_data(assets: Assets, parts: dict[str, Pictures]) -> None:
    """Write each split as a compressed numpy file, and where it comes from into the manifest."""
    for part, (images, labels) in parts.items():
        file = io.BytesIO()
        np.savez_compressed(file, images=images, labels=labels)
        assets.write(f"data/fashion-mnist-{part}.npz", file.getvalue())
    assets.manifest["data"]["fashion-mnist"] = {
        "licence": "MIT, Copyright (c) 2017 Zalando SE; see data/fashion-mnist-LICENSE.txt",
        "source": "Xiao, Rasul, Vollgraf 2017: Fashion-MNIST; 28x28 grey pictures of clothes, 10 classes",
        "splits": {part: len(labels) for part, (_, labels) in parts.items()},
        "how": f"seed {SPLIT_SEED}: of 60,000 training pictures 5,000 validate and 20,000 of the rest tune, "
        "every class alike; the 10,000 test pictures are whole",
    }


def read_folder(folder: Path) -> tuple[Pictures, Pictures]:
    """Read the four IDX files of a folder: pictures uint8 (n, 28, 28) and labels uint8 (n,), train then test."""
    parts = []
    for name in IDX:
        path = folder / name
        content = path.read_bytes() if path.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
        dimensions = content[3]  # the IDX header: two zeros, the type, how many dimensions, then each one's size
        shape = np.frombuffer(content, ">u4", dimensions, 4)
        parts.append(np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape))
    return (parts[0], parts[1]), (parts[2], parts[3])


def download() -> tuple[Pictures, Pictures]:
    """Fetch Fashion-MNIST through torchvision."""
    with tempfile.TemporaryDirectory() as folder:
        both = [torchvision.datasets.FashionMNIST(folder, train=train, download=True) for train in (True, False)]
    train, test = [(each.data.numpy(), each.targets.numpy().astype(np.uint8)) for each in both]
    return train, test
