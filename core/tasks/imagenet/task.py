"""Networks of torchvision that know the thousand things of ImageNet, judged on the ten of Imagenette.

Neither weights nor pictures ship: they are fetched when somebody asks for them.
"""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import TaskUnavailable
from core.language import text
from core.tasks.assets import Assets
from core.tasks.base import (
    Batch,
    BatchRequest,
    Inputs,
    Packaging,
    Task,
    TaskInfo,
    Training,
    UploadAdapter,
    prunable_parameters,
)
from core.tasks.classification import classifier, cross_entropy
from core.tasks.demo import Answer, Demo, compare_classes, judged_answer, require_number
from core.tasks.imagenet.attention import heads_of
from core.tasks.imagenet.data import CLASSES, SIDE, Photographs
from core.tasks.imagenet.files import archive, missing, weights_file
from core.tasks.imagenet.networks import NETWORKS, PREFIX, best_weights, fresh_network, info
from core.tasks.imagenet.view import View, png
from core.tasks.outputs import distillation_loss
from core.tasks.vision.augment import flip

NAMES = tuple(CLASSES.values())

OTHER_NAMES = CLASSES
"""Folders may be named by WordNet number too."""

RECIPE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"steps": 30, "batch_size": 32, "learning_rate": 1e-4},
    "careful": {"epochs": 1, "batch_size": 32, "learning_rate": 2e-4},
    "textbook": {"epochs": 1, "batch_size": 32},
}
"""Far fewer steps than elsewhere: each takes a processor about a second."""

GLANCE = 64
"""Validation and training pictures that a fine-tune looks at on its way."""

REPORT_EVERY, PICTURES_AT_ONCE = 16, 8
"""Pictures between two figures, and those judged at a time: as few as that take the least memory and no more time."""


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the networks that can be fetched."""
    return [info(key) for key in NETWORKS]


def load(assets: Assets, name: str, folder: Path | None = None) -> Task:
    """Load a network that was fetched, and put its pictures in reach; they are read when needed.

    Raises TaskUnavailable when something of it has not been fetched or is damaged.
    """
    key = name.removeprefix(PREFIX)
    absent = missing(name, folder)
    if absent:
        needed = text("{first} and {second}", first=absent[0].what, second=absent[-1].what)
        raise TaskUnavailable(
            text(
                "{title} needs {needed}, which are not on this server yet.",
                title=NETWORKS[key].title,
                needed=needed if len(absent) > 1 else absent[0].what,
            ),
            text("Fetch them on the page Explore, or choose a model that ships with the app."),
        )
    weights = best_weights(key)
    usual = weights.transforms()
    view = View(max(SIDE, *weights.meta["min_size"]), tuple(usual.mean), tuple(usual.std))
    picked = [weights.meta["categories"].index(name) for name in NAMES]
    network = _load_network(key, weights_file(key, folder).path)
    return make_task(info(key), network, Photographs(archive(folder).path, view), picked)


def _load_network(key: str, file: Path) -> nn.Module:
    with torch.device("meta"):  # no memory for weights that are replaced at once
        model = fresh_network(key)
    try:
        model.load_state_dict(torch.load(file, weights_only=True), assign=True)
    except Exception as error:  # whatever a damaged file makes of itself
        raise TaskUnavailable(
            text("The weights of {title} are damaged.", title=NETWORKS[key].title),
            text("Delete {file} and fetch again.", file=file),
        ) from error
    return model


def make_task(about: TaskInfo, model: nn.Module, photographs: Photographs, picked: list[int]) -> Task:
    """Join a network of many classes and photographs of some of them to a task.

    picked: the places of these classes among the network's outputs.
    """
    key, side = about.name.removeprefix(PREFIX), photographs.view.side
    some, pixels = _SomeClasses(photographs, picked), photographs.view.pixels
    parts = classifier(NAMES, some.outputs, photographs.labels, some.labelled_picture)
    example = torch.zeros(1, 3, side, side)
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        heads=heads_of(model, example),
        example=example,
        inputs=Inputs(describe_inputs(photographs.view), answers=describe_answers(picked)),
        score=parts["score"],
        draw=functools.partial(draw_batches, photographs),
        loss=some.loss,
        count=photographs.count,
        training=Training(
            ("flip",),
            RECIPE_DEFAULTS,
            fresh=functools.partial(fresh_network, key),
            distillation_loss=some.distillation_loss,
        ),
        extra=parts["extra"],
        classifier=parts["classifier"],
        demo=Demo(
            text("Show both networks a photograph"),
            text("Picture number"),
            1,
            some.answer,
            compare_classes,
            text(
                "One of {count:,} pictures of ImageNet's own validation data, which no network here has learned from; "
                "{others:,} others are for the test.",
                count=photographs.count("validation"),
                others=photographs.count("test"),
            ),
        ),
        uploads=UploadAdapter("picture", pixels.inputs, picked, OTHER_NAMES, pixels=pixels),
        packaging=Packaging(constructor=("torchvision.models", "get_model", f'"{key}"')),
        quick_eval_size=GLANCE,
    )


def describe_inputs(view: View) -> str:
    """Say how a photograph becomes an input."""
    return text(
        "the middle square of a photograph, {side} by {side} pixels, red, green and blue from 0 to 1, minus {mean}, "
        "divided by {deviation}.",
        side=view.side,
        mean=view.mean,
        deviation=view.deviation,
    )


def describe_answers(picked: list[int]) -> str:
    """Say what the network answers, and which of it counts here."""
    return text(
        "It answers with 1000 numbers, one for each class of ImageNet; of these, {places} stand for: {names}.",
        places=", ".join(map(str, picked)),
        names=", ".join(NAMES),
    )


def draw_batches(photographs: Photographs, request: BatchRequest) -> Iterator[Batch]:
    """Yield shuffled photographs (n, 3, side, side), mirrored at random if that is wanted, and their labels (n,)."""
    labels = photographs.labels(request.split)
    for chosen in request.shuffled(len(labels)):
        inputs = photographs.inputs(request.split, chosen.tolist())
        yield flip(inputs, request.generator) if "flip" in request.augment else inputs, labels[chosen]


@dataclass(frozen=True, eq=False)
class _SomeClasses:
    """Judge networks of many classes by those of the photographs, the outputs at the places `picked`."""

    photographs: Photographs
    picked: list[int]

    def outputs(self, model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
        """Yield a model's outputs for each picture of a split, (REPORT_EVERY, classes) at a time."""
        places = list(range(self.photographs.count(split)))[:limit]
        for begin in range(0, len(places), REPORT_EVERY):
            few = places[begin : begin + REPORT_EVERY]
            slices = [few[first : first + PICTURES_AT_ONCE] for first in range(0, len(few), PICTURES_AT_ONCE)]
            yield torch.cat([self._outputs_at(model, split, each) for each in slices])

    def _outputs_at(self, model: nn.Module, split: str, places: list[int]) -> Tensor:
        inputs = self.photographs.inputs(split, places)
        with torch.inference_mode():
            return model(inputs)[:, self.picked]

    def labelled_picture(self, split: str, place: int) -> Answer:
        """Show one picture with its true class."""
        picture = png(self.photographs.read(split, [place])[0])
        return Answer(NAMES[int(self.photographs.labels(split)[place])], image=picture)

    def answer(self, model: nn.Module, number: int) -> Answer:
        """Say what a model takes a validation picture for, counted from 1. Raises BadInput if there is none."""
        require_number(text("picture"), number, self.photographs.count("validation"))
        output = self._outputs_at(model, "validation", [number - 1])
        return judged_answer(output, NAMES, self.labelled_picture("validation", number - 1))

    def loss(self, output: Tensor, target: Tensor, smoothing: float) -> Tensor:
        return cross_entropy(output[:, self.picked], target, smoothing)

    def distillation_loss(self, output: Tensor, wanted: Tensor, temperature: float) -> Tensor:
        return distillation_loss(output[:, self.picked], wanted[:, self.picked], temperature)
