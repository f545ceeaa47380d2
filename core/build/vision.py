"""Build the vision tasks: Fashion-MNIST from its four files, and three networks that learn it."""

import gzip
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torchvision

from core.build.training import parameters, train_and_store
from core.tasks.assets import Assets
from core.tasks.vision.data import Images
from core.tasks.vision.shipped import NETWORKS
from core.tasks.vision.task import info, make_task
from core.tuning import Recipe

EARLY = 1
"""Epochs after which the state is kept that rewinding goes back to."""

VALIDATION, TUNING, SPLIT_SEED = 5_000, 20_000, 2017
"""Pictures that validate, pictures that ship for tuning, and the seed that draws both."""

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
"""Names of the four files: pictures and labels, to learn from and to test."""

Pictures = tuple[np.ndarray, np.ndarray]
"""Pictures uint8 (n, 28, 28), and labels uint8 (n,)."""


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Prepare the data splits, train one network on the 55,000 training pictures, and store both."""
    (pictures, labels), test = read_folder(folder) if folder else download()
    learning, validation, tuning = split(labels)
    validating = (pictures[validation], labels[validation])
    store_data(
        assets, {"train": (pictures[tuning], labels[tuning]), "validation": validating, "test": test}
    )  # fewer to tune with than to learn from, so that the file is small

    torch.manual_seed(RECIPES[name].seed)
    model = NETWORKS[name].build()
    parts = {"train": (pictures[learning], labels[learning]), "validation": validating, "test": test}
    images = {part: Images.from_bytes(*both) for part, both in parts.items()}
    counts = {part: len(each.labels) for part, each in images.items()}
    task = make_task(info(name, parameters(model)), model, images.__getitem__, counts)
    train_and_store(assets, task, RECIPES[name], "fashion-mnist", EARLY)


def split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Split training labels by seed, every class alike: indices to learn from, to validate, and (of the first) to tune.

    Returns sorted index arrays of 55,000, 5,000 and 20,000 for the 60,000 labels of Fashion-MNIST.
    """
    generator = np.random.default_rng(SPLIT_SEED)
    by_class = [generator.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    held, tuned = VALIDATION // len(by_class), TUNING // len(by_class)
    validation = np.sort(np.concatenate([each[:held] for each in by_class]))
    tuning = np.sort(np.concatenate([each[held : held + tuned] for each in by_class]))
    learning = np.sort(np.concatenate([each[held:] for each in by_class]))
    return learning, validation, tuning


def store_data(assets: Assets, parts: Mapping[str, Pictures]) -> None:
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
    """Read the four IDX files of a folder, plain or packed: what to learn from, and what to test with."""
    learn_pictures, learn_labels, test_pictures, test_labels = (_read_idx(folder / name) for name in IDX)
    return (learn_pictures, learn_labels), (test_pictures, test_labels)


def _read_idx(path: Path) -> np.ndarray:
    packed = path.with_name(f"{path.name}.gz")
    content = path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())
    dimensions = content[3]  # the header: two zeros, the type, how many dimensions, then each one's size
    shape = np.frombuffer(content, ">u4", dimensions, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def download() -> tuple[Pictures, Pictures]:
    """Fetch Fashion-MNIST through torchvision."""
    with tempfile.TemporaryDirectory() as folder:
        both = [torchvision.datasets.FashionMNIST(folder, train=train, download=True) for train in (True, False)]
    train, test = [(each.data.numpy(), each.targets.numpy().astype(np.uint8)) for each in both]
    return train, test
