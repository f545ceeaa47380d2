"""Image classification on Fashion-MNIST: networks and pictures joined to tasks."""

import copy
import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from core.tasks.asset_files import load_weights
from core.tasks.assets import Assets
from core.tasks.base import (
    SPLITS,
    Batch,
    BatchRequest,
    Inputs,
    Task,
    TaskInfo,
    Training,
    UploadAdapter,
    prunable_parameters,
)
from core.tasks.classification import classifier
from core.tasks.demo import Answer, Demo, compare_classes, judged_answer, require_number
from core.tasks.vision.augment import AUGMENTATIONS, vary
from core.tasks.vision.corruptions import CORRUPTIONS
from core.tasks.vision.data import (
    BLACK,
    CLASSES,
    DEVIATION,
    MEAN,
    OTHER_NAMES,
    SIDE,
    SOURCE,
    Images,
    Splits,
    png,
    read_images,
)
from core.tasks.vision.shipped import NETWORKS
from core.tasks.vision.upload import as_clothes

INPUTS = (
    f"light clothes on black: grey values from 0 to 255, divided by 255, minus {MEAN}, divided by {DEVIATION}. "
    f"It answers with 10 numbers; the largest one names the class: {', '.join(CLASSES)}."
)

PICTURES_AT_ONCE = 250
"""Pictures that are judged at a time by a network that does not ship."""


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the vision tasks that ship."""
    return [info(name, entry["parameters"]) for name, entry in assets.manifest["models"].items() if name in NETWORKS]


def info(name: str, parameters: int) -> TaskInfo:
    """Describe one of the shipped networks for the catalogue."""
    network = NETWORKS[name]
    return TaskInfo(
        name,
        network.title,
        "vision",
        "Accuracy",
        parameters,
        SOURCE,
        shipped=True,
        about=network.about,
        weights="trained by this project",
    )


def load(assets: Assets, name: str) -> Task:
    """Load a shipped network and put its data in reach; splits are read when first needed.

    Raises TaskUnavailable when a file is missing or is not the one that was shipped.
    """
    counts = assets.manifest["data"]["fashion-mnist"]["splits"]
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        _load_network(assets, name, f"models/{name}.safetensors"),
        functools.partial(read_images, assets),
        {split: counts[split] for split in SPLITS},
        early=functools.partial(_load_network, assets, name, f"models/{name}-early.safetensors"),
    )


def _load_network(assets: Assets, name: str, file: str) -> nn.Module:
    return load_weights(assets, file, NETWORKS[name].build())


def make_task(
    about: TaskInfo,
    model: nn.Module,
    images: Splits,
    counts: dict[str, int],
    example: Tensor | None = None,
    early: Callable[[], nn.Module | None] = lambda: None,
) -> Task:
    """Join a classifier and its pictures to a task.

    counts: split -> how many pictures it holds; example: one input, (1, 1, 28, 28) by default.
    early: () -> the network as it was early in its training, or None.
    """
    network = NETWORKS.get(about.name)
    outputs = functools.partial(split_outputs, images, network.pictures_at_once if network else PICTURES_AT_ONCE)

    def shifted(kind: str, strength: int) -> Task:
        return make_task(about, model, shifted_images(images, kind, strength), counts, example, early)

    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=torch.zeros(1, 1, SIDE, SIDE) if example is None else example,
        inputs=Inputs(INPUTS),
        draw=functools.partial(draw_batches, images),
        count=counts.__getitem__,
        training=Training(
            augmentations=AUGMENTATIONS,
            recipe_defaults=network.recipe_defaults if network else {},
            early_checkpoint=early,
            fresh=network.build if network else None,
        ),
        shifts={kind: functools.partial(shifted, kind) for kind in CORRUPTIONS},
        demo=Demo(
            "Show both networks a picture",
            "Picture number",
            1,
            functools.partial(answer, images, counts["validation"]),
            compare_classes,
            "Any picture of the validation data, which no network has learned from.",
        ),
        uploads=UploadAdapter("picture", as_clothes, aliases=OTHER_NAMES),
        **classifier(CLASSES, outputs, lambda split: images(split).labels, functools.partial(labelled_picture, images)),
    )


def split_outputs(images: Splits, size: int, model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
    """Yield a model's outputs for each picture of a split, (size, classes), one slice of pictures after the other.

    The weights of a copy lie in channels_last order, which is what makes convolutions fast on a processor. `model`
    itself stays as it is at every moment, since others may be looking at it right now.
    """
    if any(value.ndim == 4 for value in model.parameters()):
        model = copy.deepcopy(model).to(memory_format=torch.channels_last)
    data = images(split)
    count = len(data.labels[:limit])
    for begin in range(0, count, size):
        inputs = data.inputs(slice(begin, min(begin + size, count)))
        with torch.inference_mode():
            outputs = model(inputs)
        yield outputs  # outside, or the mode would go on in whoever asks for the next slice


def draw_batches(images: Splits, request: BatchRequest) -> Iterator[Batch]:
    """Yield shuffled, varied pictures (n, 1, 28, 28) and their labels (n,)."""
    data = images(request.split)
    for chosen in request.shuffled(len(data.labels)):
        yield vary(data.inputs(chosen), request.generator, request.augment), data.labels[chosen]


def labelled_picture(images: Splits, split: str, place: int) -> Answer:
    """Show one picture with its true class."""
    data = images(split)
    (picture,) = data.inputs(slice(place, place + 1))
    return Answer(CLASSES[int(data.labels[place])], image=png(picture[0]))


def answer(images: Splits, count: int, model: nn.Module, number: int) -> Answer:
    """Say what a model takes validation picture 1 to `count` for. Raises BadInput for another number."""
    require_number("picture", number, count)
    with torch.no_grad():
        output = model(images("validation").inputs(slice(number - 1, number)))
    return judged_answer(output, CLASSES, labelled_picture(images, "validation", number - 1))


def shifted_images(images: Splits, kind: str, strength: int) -> Splits:
    """Return the same pictures under a corruption of 1 to 5; each split is corrupted when first needed."""

    def corrupted(split: str) -> Images:
        data = images(split)
        inputs = CORRUPTIONS[kind](data.inputs(), strength, BLACK)
        return Images(inputs.contiguous(memory_format=torch.channels_last), data.labels)

    return functools.cache(corrupted)
