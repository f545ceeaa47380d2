"""Image classification: networks and pictures joined to tasks, of clothes and of what they can learn besides."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from torch import Tensor, nn

from core.language import text
from core.tasks.adapting import adapted_info, adapting_defaults, starting_network, with_whole_head
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
from core.tasks.names import TaskName
from core.tasks.targets import Target
from core.tasks.vision.augment import vary
from core.tasks.vision.corruptions import CORRUPTIONS
from core.tasks.vision.data import CLOTHES_DATA, SIDE, SOURCE, Images, Splits, png, read_images
from core.tasks.vision.kinds import CLOTHES, PictureKind
from core.tasks.vision.shipped import NETWORKS
from core.tasks.vision.targets import TARGETS, target_images

MANY = 1000
"""Training pictures from which on a target takes twice as many steps."""

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
        weights=text("trained by this project"),
    )


def load(assets: Assets, name: str) -> Task:
    """Load a shipped network and put its data in reach; splits are read when first needed.

    Raises TaskUnavailable when a file is missing or is not the one that was shipped.
    """
    counts = assets.manifest["data"][CLOTHES_DATA]["splits"]
    return make_task(
        info(name, assets.manifest["models"][name]["parameters"]),
        _load_network(assets, name, f"models/{name}.safetensors"),
        functools.partial(read_images, assets),
        {split: counts[split] for split in SPLITS},
        early=functools.partial(_load_network, assets, name, f"models/{name}-early.safetensors"),
    )


def targets(name: str) -> tuple[Target, ...]:
    """List what a network for clothes can learn: the same for each."""
    return tuple(each.target for each in TARGETS.values())


def adapt(assets: Assets, name: TaskName) -> Task:
    """Load a shipped network as it begins to learn a target. Raises as `load` does, BadInput for too many examples."""
    chosen, network = TARGETS[name.target], NETWORKS[name.network]
    pretrained = _load_network(assets, name.network, f"models/{name.network}.safetensors")
    model = starting_network(pretrained, network.build, name, chosen.fresh_classes)
    images, counts = target_images(assets, name.target, name.examples, name.seed)
    about = adapted_info(info(name.network, 0), name, chosen.target, model)
    task = make_task(about, model, images, counts, kind=chosen.kind)
    defaults = adapting_defaults(counts["train"], steps=200 if counts["train"] < MANY else 400)
    defaults["careful"]["augment"] = ("flip", "nudge")
    task = replace(task, training=replace(task.training, recipe_defaults=defaults))
    return task if chosen.fresh_classes is None else with_whole_head(task, name)


def _load_network(assets: Assets, name: str, file: str) -> nn.Module:
    return load_weights(assets, file, NETWORKS[name].build())


def make_task(
    about: TaskInfo,
    model: nn.Module,
    images: Splits,
    counts: dict[str, int],
    example: Tensor | None = None,
    early: Callable[[], nn.Module | None] = lambda: None,
    kind: PictureKind = CLOTHES,
) -> Task:
    """Join a classifier and its pictures to a task.

    counts: split -> how many pictures it holds; example: one input, (1, 1, 28, 28) by default.
    early: () -> the network as it was early in its training, or None.
    kind: what the pictures are.
    """
    network = NETWORKS.get(TaskName.read(about.name).network)
    outputs = functools.partial(split_outputs, images, network.pictures_at_once if network else PICTURES_AT_ONCE)

    def shifted(way: str, strength: int) -> Task:
        return make_task(about, model, shifted_images(images, way, strength, kind.ground), counts, example, early, kind)

    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=torch.zeros(1, 1, SIDE, SIDE) if example is None else example,
        inputs=Inputs(kind.inputs, answers=kind.answers),
        draw=functools.partial(draw_batches, images, kind.ground),
        count=counts.__getitem__,
        training=Training(
            augmentations=kind.augmentations,
            recipe_defaults=network.recipe_defaults if network else {},
            early_checkpoint=early,
            fresh=network.build if network else None,
        ),
        shifts={way: functools.partial(shifted, way) for way in CORRUPTIONS},
        demo=Demo(
            text("Show both networks a picture"),
            text("Picture number"),
            1,
            functools.partial(answer, images, kind.classes, counts["validation"]),
            compare_classes,
            text("Any picture of the validation data, which no network has learned from."),
        ),
        uploads=UploadAdapter("picture", kind.pixels.inputs, aliases=kind.aliases, pixels=kind.pixels),
        **classifier(
            kind.classes,
            outputs,
            lambda split: images(split).labels,
            functools.partial(labelled_picture, images, kind.classes),
        ),
    )


def split_outputs(images: Splits, size: int, model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
    """Yield a model's outputs for each picture of a split, (size, classes), one slice of pictures after the other."""
    data = images(split)
    count = len(data.labels[:limit])
    for begin in range(0, count, size):
        inputs = data.inputs(slice(begin, min(begin + size, count)))
        with torch.inference_mode():
            outputs = model(inputs)
        yield outputs  # outside, or the mode would go on in whoever asks for the next slice


def draw_batches(images: Splits, ground: float, request: BatchRequest) -> Iterator[Batch]:
    """Yield shuffled, varied pictures (n, 1, 28, 28) and their labels (n,)."""
    data = images(request.split)
    for chosen in request.shuffled(len(data.labels)):
        yield vary(data.inputs(chosen), request.generator, request.augment, ground), data.labels[chosen]


def labelled_picture(images: Splits, classes: tuple[str, ...], split: str, place: int) -> Answer:
    """Show one picture with its true class."""
    data = images(split)
    (picture,) = data.inputs(slice(place, place + 1))
    return Answer(classes[int(data.labels[place])], image=png(picture[0]))


def answer(images: Splits, classes: tuple[str, ...], count: int, model: nn.Module, number: int) -> Answer:
    """Say what a model takes validation picture 1 to `count` for. Raises BadInput for another number."""
    require_number(text("picture"), number, count)
    with torch.no_grad():
        output = model(images("validation").inputs(slice(number - 1, number)))
    return judged_answer(output, classes, labelled_picture(images, classes, "validation", number - 1))


def shifted_images(images: Splits, way: str, strength: int, ground: float) -> Splits:
    """Return the same pictures under a corruption of 1 to 5; each split is corrupted when first needed."""

    def corrupted(split: str) -> Images:
        data = images(split)
        inputs = CORRUPTIONS[way](data.inputs(), strength, ground)
        return Images(inputs.contiguous(memory_format=torch.channels_last), data.labels)

    return functools.cache(corrupted)
