"""Train the shipped models and prepare the shipped data: `python -m core.tasks.build NAME`.

python -m core.tasks.build fashion-mlp                  train, taking the data from torchvision's own download
python -m core.tasks.build fashion-mlp --data FOLDER    the same from a folder with the four IDX files
python -m core.tasks.build fashion-mlp --check          score the shipped weights again and compare
"""

import argparse
import gzip
import io
import math
import tempfile
from pathlib import Path

import numpy as np
import torch
import torchvision
from safetensors.torch import save as save_safetensors

from core.pruning import PruningPlan, prune
from core.tasks import load, vision
from core.tasks.assets import EMPTY, ROOT, Assets
from core.tuning import Recipe, fine_tune

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


def main() -> int:
    """Build or check one model from the command line; the exit code says whether a check held."""
    ask = argparse.ArgumentParser(prog="python -m core.tasks.build", description=__doc__.splitlines()[0])
    ask.add_argument("name", choices=sorted(RECIPES))
    ask.add_argument("--data", type=Path, help="folder with the four IDX files of Fashion-MNIST, gzipped or not")
    ask.add_argument("--check", action="store_true", help="score the shipped weights and compare, train nothing")
    ask.add_argument("--assets", type=Path, default=ROOT, help="where to read and write (default: %(default)s)")
    asked = ask.parse_args()
    if asked.check:
        return check(asked.name, asked.assets)
    build(asked.name, asked.assets, asked.data)
    return 0


def build(name: str, root: Path, folder: Path | None) -> None:
    """Prepare the data splits, train one network on the 55,000 training pictures, and store what came of it."""
    root.mkdir(parents=True, exist_ok=True)
    assets = Assets.open(root) if (root / "manifest.json").exists() else Assets(root, {k: {} for k in EMPTY})
    train, test = read_folder(folder) if folder else download()
    learning, validation, tuning = split(train[1])
    parts = {
        "train": (train[0][tuning], train[1][tuning]),
        "validation": (train[0][validation], train[1][validation]),
        "test": test,
    }
    store_data(assets, parts)

    recipe = RECIPES[name]
    torch.manual_seed(recipe.seed)
    torch.use_deterministic_algorithms(True)
    model = vision.ARCHITECTURES[name].build()
    parameters = sum(p.numel() for p in model.parameters())
    everything = {**parts, "train": (train[0][learning], train[1][learning])}
    images = {part: vision.Images.from_bytes(*pictures) for part, pictures in everything.items()}
    counts = {part: len(pictures[1]) for part, pictures in everything.items()}
    task = vision.make_task(vision.info(name, parameters), model, images.__getitem__, counts)

    early = math.ceil(counts["train"] / recipe.batch_size) * EARLY
    for progress in fine_tune(task, prune(task, PruningPlan()), recipe, keep_at=early):
        if progress.step == early:
            assets.write(f"models/{name}-early.safetensors", save_safetensors(progress.model.state_dict()))
        if progress.model is not None:
            print(
                f"{name}: step {progress.step} of {progress.of}, loss {progress.loss:.4f}, "
                f"validation accuracy {progress.quality.value:.4f} (n = {progress.quality.n}), "
                f"{progress.seconds:.0f} s, about {progress.left:.0f} s left",
                flush=True,
            )
    trained = progress.model.eval()
    qualities = {part: task.evaluate(trained, part) for part in ("validation", "test")}
    assets.write(f"models/{name}.safetensors", save_safetensors(trained.state_dict()))
    assets.manifest["models"][name] = {
        "data": "fashion-mnist",
        "figures": {part: {"accuracy": q.value, "n": q.n} for part, q in qualities.items()},
        "licence": "the same as this project's",
        "parameters": parameters,
        "recipe": recipe.to_dict(),
        "early": {"epochs": EARLY, "steps": early},
        "trained_on": {"examples": counts["train"], "torch": torch.__version__.split("+")[0]},
    }
    assets.save()
    for part, q in qualities.items():
        print(f"{name}: {part} accuracy {q.value:.4f} ({q.low:.4f} to {q.high:.4f}), n = {q.n}")


def check(name: str, root: Path, tolerance: float = 0.0005) -> int:
    """Score the shipped weights on the shipped data; return 0 if every figure in the manifest holds.

    tolerance: largest difference in accuracy that counts as equal, since processors round differently.
    """
    task, figures = load(name, root), Assets.open(root).manifest["models"][name]["figures"]
    wrong = 0
    for part, figure in figures.items():
        q = task.evaluate(task.model, part)
        holds = abs(q.value - figure["accuracy"]) <= tolerance and q.n == figure["n"]
        wrong += not holds
        verdict = "holds" if holds else "DOES NOT HOLD"
        print(f"{name}: {part} accuracy {q.value:.4f}, n = {q.n}; manifest {figure['accuracy']:.4f}: {verdict}")
    return 1 if wrong else 0


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


if __name__ == "__main__":
    raise SystemExit(main())
