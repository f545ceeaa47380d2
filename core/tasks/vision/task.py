"""Image classification on Fashion-MNIST: how pictures are read, varied, and judged."""

import copy
import functools
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from core.errors import BadInput, TaskUnavailable
from core.tasks import corruptions
from core.tasks.assets import Assets
from core.tasks.base import (
    SPLITS,
    Batch,
    BatchRequest,
    Inputs,
    Task,
    TaskInfo,
    Training,
    prunable_parameters,
)
from core.tasks.classification import changed, classifier, likely
from core.tasks.demo import Answer, Demo, UploadAdapter
from core.tasks.vision.networks import LeNet5, LeNet300, SmallResNet

CLASSES = (
    "T-shirt",
    "Trousers",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

MEAN, DEVIATION = 0.2860, 0.3530
"""Of all training pixels, on a scale from 0 (black) to 1 (white)."""

BLACK = -MEAN / DEVIATION
"""What a black pixel is, once normalised."""

INPUTS = (
    f"light clothes on black: grey values from 0 to 255, divided by 255, minus {MEAN}, divided by {DEVIATION}. "
    f"It answers with 10 numbers; the largest one names the class: {', '.join(CLASSES)}."
)

SOURCE, TRAINED = "Fashion-MNIST (Xiao et al. 2017, MIT licence)", "trained by this project"

OTHER_NAMES = {"T-shirt/top": "T-shirt", "Trouser": "Trousers"}
"""What the data's own authors call two of the classes."""


@dataclass(frozen=True)
class Architecture:
    """One network that ships: how it is built, and how people read of it.

    slice: how many pictures are judged at a time; the largest whose activations stay in the processor's cache.
    recipe_defaults: what a recipe should be like here, where it is not as everywhere: preset -> its other choices.
    """

    build: type[nn.Module]
    title: str
    about: str
    slice: int
    recipe_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


ARCHITECTURES = {
    "fashion-lenet5": Architecture(
        LeNet5,
        "LeNet-5 - clothes (Fashion-MNIST)",
        "Two layers of small picture filters, then two fully connected layers. The classic of pruning research.",
        500,
    ),
    "fashion-mlp": Architecture(
        LeNet300,
        "LeNet-300-100 - clothes (Fashion-MNIST)",
        "Three fully connected layers that see the picture as one long list of pixels. The fastest of the three.",
        500,
        {
            "careful": {
                "epochs": 36,
                "learning_rate": 2e-3,
                "distill": 0.7,
                "temperature": 4.0,
                "augment": ("flip", "nudge"),
            }
        },
    ),
    "fashion-resnet": Architecture(
        SmallResNet,
        "Small ResNet - clothes (Fashion-MNIST)",
        "Thirteen layers of picture filters with shortcuts around them. The most accurate, and the most compact.",
        100,
        {"careful": {"epochs": 6, "learning_rate": 2e-3, "distill": 0.7}},
    ),
}


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures (n, 1, 28, 28), normalised, with their labels (n,)."""

    inputs: Tensor
    labels: Tensor

    @classmethod
    def from_bytes(cls, pixels: np.ndarray, labels: np.ndarray) -> "Images":
        """Normalise raw pixels (n, 28, 28) of 0 to 255."""
        scaled = torch.from_numpy(pixels.astype(np.float32)).div_(255).sub_(MEAN).div_(DEVIATION)
        inputs = scaled.unsqueeze(1).to(memory_format=torch.channels_last)
        return cls(inputs, torch.from_numpy(labels.astype(np.int64)))


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the vision tasks that ship."""
    return [
        info(name, entry["parameters"]) for name, entry in assets.manifest["models"].items() if name in ARCHITECTURES
    ]


def load(assets: Assets, name: str) -> Task:
    """Load a shipped network and put its data in reach; splits are read when first needed.

    Raises TaskUnavailable when a file is missing or is not the one that was shipped.
    """
    model = _network(assets, name, f"models/{name}.safetensors")

    @functools.cache
    def images(split: str) -> Images:
        file = f"data/fashion-mnist-{split}.npz"
        try:
            with np.load(io.BytesIO(assets.read(file)), allow_pickle=False) as stored:
                return Images.from_bytes(stored["images"], stored["labels"])
        except (ValueError, KeyError, OSError) as error:
            raise TaskUnavailable(*assets.damaged(file)) from error

    counts = assets.manifest["data"]["fashion-mnist"]["splits"]
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        model,
        images,
        {split: counts[split] for split in SPLITS},
        early=lambda: _network(assets, name, f"models/{name}-early.safetensors"),
    )


def _network(assets: Assets, name: str, file: str) -> nn.Module:
    model = ARCHITECTURES[name].build()
    try:
        model.load_state_dict(load_safetensors(assets.read(file)))
    except (SafetensorError, RuntimeError) as error:
        raise TaskUnavailable(*assets.damaged(file)) from error
    return model.eval()


def make_task(
    about: TaskInfo,
    model: nn.Module,
    images: Callable[[str], Images],
    counts: dict[str, int],
    example: Tensor | None = None,
    early: Callable[[], nn.Module | None] = lambda: None,
) -> Task:
    """Join a classifier and its pictures to a task; `images` takes a split's name and returns Images."""
    architecture = ARCHITECTURES.get(about.name)
    size = architecture.slice if architecture else 250

    def said(model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
        return outputs(model, images(split), limit, size)

    def shown(split: str, place: int) -> Answer:
        data = images(split)
        return Answer(CLASSES[int(data.labels[place])], image=png(data.inputs[place, 0]))

    def draw(asked: BatchRequest) -> Iterator[Batch]:
        data = images(asked.split)
        for chosen in asked.shuffled(len(data.labels)):
            yield vary(data.inputs[chosen], asked.generator, asked.augment), data.labels[chosen]

    def answer(model: nn.Module, number: int) -> Answer:
        if not 1 <= number <= counts["validation"]:
            raise BadInput(f"There is no picture {number}.", f"Choose 1 to {counts['validation']:,}.")
        data = images("validation")
        with torch.no_grad():
            said, rows = likely(model(data.inputs[number - 1 : number]), CLASSES)
        truth = CLASSES[int(data.labels[number - 1])]
        return Answer(
            f"{said} ({'right' if said == truth else f'it is: {truth}'})", tuple(rows), png(data.inputs[number - 1, 0])
        )

    def shifted(kind: str, strength: int) -> Task:
        def changed_images(split: str) -> Images:
            data = images(split)
            inputs = corruptions.IMAGES[kind](data.inputs, strength, BLACK).contiguous(
                memory_format=torch.channels_last
            )
            return Images(inputs, data.labels)

        return make_task(about, model, functools.cache(changed_images), counts, example, early)

    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=torch.zeros(1, 1, 28, 28) if example is None else example,
        inputs=Inputs(INPUTS),
        draw=draw,
        count=counts.__getitem__,
        training=Training(
            augmentations=("flip", "shift", "nudge", "erase"),
            recipe_defaults=architecture.recipe_defaults if architecture else {},
            early_checkpoint=early,
            fresh=architecture.build if architecture else None,
        ),
        shifts={kind: functools.partial(shifted, kind) for kind in corruptions.IMAGES},
        demo=Demo(
            "Show both networks a picture",
            "Picture number",
            1,
            answer,
            changed,
            "Any picture of the validation data, which no network has learned from.",
        ),
        uploads=UploadAdapter("picture", as_clothes, aliases=OTHER_NAMES),
        **classifier(CLASSES, said, lambda split: images(split).labels, shown),
    )


def as_clothes(pictures: list[Image.Image]) -> Tensor:
    """Turn photographs into what the networks know: 28 by 28, grey, light clothes on black, (n, 1, 28, 28).

    A picture with a light edge is taken for clothes on a light ground and turned into its negative.
    """
    found = []
    for picture in pictures:
        grey = picture.convert("L")
        pixels = np.asarray(grey)
        edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        dark = ImageOps.invert(grey) if np.median(edge) > 127 else grey
        found.append(np.asarray(ImageOps.pad(ImageOps.autocontrast(dark), (28, 28), color=0)))
    return Images.from_bytes(np.stack(found), np.zeros(len(found))).inputs


def png(pixels: Tensor) -> bytes:
    """Turn one normalised picture (h, w) into a PNG."""
    grey = (pixels * DEVIATION + MEAN).mul(255).round().clamp(0, 255).to(torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    return file.getvalue()


def outputs(model: nn.Module, images: Images, limit: int | None = None, size: int = 250) -> Iterator[Tensor]:
    """Say what the model answers to each picture: (size, classes), one slice of pictures after the other.

    The pictures lie in channels_last order and the weights of a copy follow them, which is what makes convolutions fast
    on a processor. `model` itself stays as it is at every moment, since others may be looking at it right now.
    """
    if any(value.ndim == 4 for value in model.parameters()):
        model = copy.deepcopy(model).to(memory_format=torch.channels_last)
    for inputs in images.inputs[:limit].split(size):
        with torch.inference_mode():
            answers = model(inputs)
        yield answers  # outside, or the mode would go on in whoever asks for the next slice


def vary(inputs: Tensor, generator: torch.Generator, augment: tuple[str, ...], patch: int = 8) -> Tensor:
    """Vary each picture (n, 1, h, w) at random: "flip" every second one, "shift" by up to two pixels, "nudge" by up to
    one, "erase".

    What is shifted in is black, and so is the square of `patch` pixels that is erased at a random place of every
    second picture. Written for whole batches: torchvision's transforms draw one choice a call, so a batch would be
    varied all alike, and picture by picture they take many times as long (`tests.bench tune`).
    """
    n, _, height, width = inputs.shape
    varied = inputs
    if "flip" in augment:
        flipped = torch.rand(n, generator=generator) < 0.5
        varied = torch.where(flipped[:, None, None, None], inputs.flip(-1), inputs)
    reach = 2 if "shift" in augment else 1 if "nudge" in augment else 0
    if reach:
        padded = F.pad(varied[:, 0], [reach] * 4, value=BLACK)  # (n, h + 2 reach, w + 2 reach)
        across = torch.randint(0, 2 * reach + 1, (n, 1), generator=generator)
        down = torch.randint(0, 2 * reach + 1, (n, 1), generator=generator)
        rows, columns = torch.arange(height) + down, torch.arange(width) + across
        # (n, 1, 1), (n, h, 1) and (n, 1, w) together pick (n, h, w)
        varied = padded[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]].unsqueeze(1)
    if "erase" in augment:
        hit = torch.rand(n, generator=generator) < 0.5
        top = torch.randint(0, height - patch + 1, (n, 1), generator=generator)
        left = torch.randint(0, width - patch + 1, (n, 1), generator=generator)
        in_rows = (torch.arange(height) >= top) & (torch.arange(height) < top + patch)
        in_columns = (torch.arange(width) >= left) & (torch.arange(width) < left + patch)
        hidden = hit[:, None, None] & in_rows[:, :, None] & in_columns[:, None, :]
        varied = varied.masked_fill(hidden[:, None], BLACK)
    return varied


def info(name: str, parameters: int) -> TaskInfo:
    """Describe one of the shipped networks for the catalogue."""
    entry = ARCHITECTURES[name]
    return TaskInfo(name, entry.title, "vision", "Accuracy", parameters, SOURCE, True, entry.about, weights=TRAINED)
