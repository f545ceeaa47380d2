"""A network that learns somebody's own data: their classes, their pictures or texts, in three parts."""

import functools
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from core.errors import BadInput
from core.language import text, together
from core.tasks.adapting import (
    adapted_info,
    adapting_defaults,
    choose_examples,
    from_scratch,
    starting_network,
    with_whole_head,
)
from core.tasks.base import Batch, BatchRequest, Task, Training, UploadAdapter
from core.tasks.classification import classifier
from core.tasks.demo import Answer
from core.tasks.names import TaskName
from core.tasks.recommender.own import adapt_to_ratings, read_own_ratings
from core.tasks.recommender.task import RatingTask
from core.tasks.targets import Target
from core.tasks.vision.augment import AUGMENTATIONS, flip, vary
from core.tasks.without_data import with_own_classes
from core.uploads.own_sets import OwnSet, read_own_set

AT_ONCE = 64
"""Examples that are read and judged at a time."""

LARGE_SIDE, LARGE_PICTURES = 96, {"steps": 30, "batch_size": 32, "learning_rate": 3e-4}
"""Pixels of a side from which on a step takes a processor about a second, and the quick preset for such networks."""

TIMES = {"quick": 1, "textbook": 2, "careful": 3}
"""How much longer than the quick preset each of them learns, where steps are counted."""

EXAMPLE_CHARACTERS, EXAMPLE_SIDE = 300, 160
"""Characters of a text, and pixels of a picture's side, that are shown of one."""


def own_target(own: OwnSet) -> Target:
    """Describe somebody's own data."""
    total = len(own.places["train"])
    counts = tuple(count for count in (10, 50, 200) if count < total)
    return Target(
        "own",
        text("Your own data"),
        text("{count:,} examples of {classes} classes.", count=len(own.items), classes=len(own.classes)),
        text("yours"),
        counts,
    )


def read_own_data(task: Task, content: bytes) -> OwnSet:
    """Read a set that a task can learn. Raises BadInput for another file, or a task that takes no examples."""
    adapter = task.uploads
    if adapter is None or task.classifier is None:
        raise BadInput(
            text("This network takes no examples of yours."), text("Choose one that looks at pictures or texts.")
        )

    def can_be_read(item: Any) -> None:
        adapter.inputs([item])

    return read_own_set(adapter.kind, content, adapter.check or (can_be_read if adapter.kind == "text" else None))


@dataclass(frozen=True)
class OwnData:
    """Describe data that somebody brought to learn: what it is, and what was left out, in lines for a table.

    kind: "picture", "text" or "rating".
    """

    kind: str
    target: Target
    about: str
    left_out: tuple[Mapping[str, str], ...]


def look_at_own_data(task: Task, content: bytes) -> OwnData:
    """Read what a network shall learn and say what it is. Raises BadInput for what it cannot be."""
    if isinstance(task, RatingTask):
        ratings = read_own_ratings(task, content)
        sizes = {split: len(part.stars) for split, part in ratings.parts.items()}
        total = sum(sizes.values())
        about = text(
            "{total:,} ratings of {count:,} people who are new to the network.", total=total, count=len(ratings.users)
        )
        target = Target("own", text("Your own ratings"), about, text("yours"), _counts(sizes["train"]))
        return OwnData(
            "rating",
            target,
            together((about, _split(sizes))),
            tuple({text("Left out"): each} for each in ratings.left_out),
        )
    own = read_own_data(task, content)
    sizes = {split: len(places) for split, places in own.places.items()}
    counts = ", ".join(f"{name} {(own.labels == place).sum():,}" for place, name in enumerate(own.classes))
    what: str = text("What")
    why: str = text("Why")
    target = own_target(own)
    lines = tuple({what: each.what, why: each.why} for each in own.left_out)
    return OwnData(own.kind, target, together((target.about, f"{counts}.", _split(sizes))), lines)


def kind_of_own_data(task: Task) -> str:
    """Say what a network can learn of somebody's own: "picture", "text", "rating", or "" for nothing."""
    if isinstance(task, RatingTask):
        return "rating"
    return task.uploads.kind if task.uploads is not None and task.classifier is not None else ""


def _split(sizes: Mapping[str, int]) -> str:
    return text(
        "Split into {train:,} train, {validation:,} validation, {test:,} test; no example is in two parts.", **sizes
    )


def _counts(total: int) -> tuple[int, ...]:
    return tuple(count for count in (10, 50, 200) if count < total)


def adapt_to_own(task: Task, content: bytes, name: TaskName) -> Task:
    """Return a task that learns somebody's own data, as any other one: a fresh head, and parts that share nothing.

    name: what is adapted, from how many examples, and how it begins. Raises BadInput as `read_own_data` does.
    """
    if isinstance(task, RatingTask):
        return adapt_to_ratings(task, read_own_ratings(task, content), name)
    own = read_own_data(task, content)
    fresh = task.training.fresh
    if fresh is None and name.start != "pretrained":
        raise BadInput(
            text("Nobody knows here how to build this network anew."), text("Begin with what it has learned before.")
        )
    build = fresh or (lambda: task.model)
    model = starting_network(task.model, build, name, len(own.classes))
    labels = torch.from_numpy(own.labels).long()
    train = torch.from_numpy(own.places["train"]).long()
    chosen = train[choose_examples(labels[train], name.examples, name.seed)]
    places = {part: torch.from_numpy(each).long() for part, each in own.places.items()} | {"train": chosen}
    data = _OwnData(own, task, labels, places)
    target = own_target(own)
    empty = with_own_classes(replace(task, info=adapted_info(task.info, name, target, model)), model, own.classes)
    learning = replace(
        empty,
        info=replace(empty.info, source=target.source),
        draw=data.draw,
        count=lambda split: len(places[split]),
        inputs=replace(empty.inputs, few=lambda count: data.inputs(places["validation"][:count])),
        training=Training(
            augmentations=data.augmentations,
            recipe_defaults=_defaults(task, len(chosen)),
            fresh=None if fresh is None else functools.partial(_anew, fresh, len(own.classes)),
        ),
        quick_eval_size=min(task.quick_eval_size, 500),
        **classifier(own.classes, data.outputs, lambda split: labels[places[split]], data.example),
    )
    return with_whole_head(learning, name)


def _defaults(task: Task, examples: int) -> Mapping[str, Mapping[str, Any]]:
    """Return the presets' choices: as many steps as suit the task, where its network takes long for each."""
    quick: Mapping[str, Any] = task.training.recipe_defaults.get("quick", {})
    if not quick and task.example.ndim == 4 and task.example.shape[-1] >= LARGE_SIDE:
        quick = LARGE_PICTURES
    if "steps" not in quick:
        return adapting_defaults(examples)
    same = {
        "batch_size": quick.get("batch_size", 32),
        "distill": 0.0,
        "learning_rate": quick.get("learning_rate", 1e-3),
    }
    return {preset: {**same, "steps": times * quick["steps"]} for preset, times in TIMES.items()}


def _anew(build: Callable[[], nn.Module], classes: int) -> nn.Module:
    """Return the network with random weights and so many outputs, drawn from torch's own generator."""
    return from_scratch(build, classes, int(torch.randint(2**31, ())))


@dataclass(frozen=True, eq=False)
class _OwnData:
    """Hold examples as a task's networks take them."""

    own: OwnSet
    task: Task
    labels: Tensor
    places: dict[str, Tensor]

    @property
    def augmentations(self) -> tuple[str, ...]:
        """The ways in which these inputs can be varied."""
        if self.own.kind != "picture":
            return ()
        return AUGMENTATIONS if self.task.example.shape[1] == 1 else ("flip",)

    @functools.cached_property
    def held(self) -> Tensor:
        """All pictures as they are held: bytes wherever the network's inputs can be made of them, else these."""
        adapter = self._adapter
        read, items = adapter.pixels.read if adapter.pixels else adapter.inputs, list(self.own.items)
        return torch.cat([read(items[begin : begin + AT_ONCE]) for begin in range(0, len(items), AT_ONCE)])

    @property
    def _adapter(self) -> UploadAdapter:
        adapter = self.task.uploads
        assert adapter is not None
        return adapter

    def inputs(self, places: Tensor) -> Tensor:
        """Return the inputs at these places of the set."""
        if self.own.kind == "picture":
            chosen, pixels = self.held[places], self._adapter.pixels
            return pixels.normal(chosen) if pixels else chosen
        return self._adapter.inputs([self.own.items[place] for place in places.tolist()])

    def outputs(self, model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
        """Yield a model's outputs for each example of a split, (some, classes)."""
        for part in self.places[split][:limit].split(AT_ONCE):
            inputs = self.inputs(part)
            with torch.inference_mode():
                outputs = model(inputs)
            yield outputs

    def draw(self, request: BatchRequest) -> Iterator[Batch]:
        """Yield shuffled, varied inputs and their labels (n,)."""
        places = self.places[request.split]
        for chosen in request.shuffled(len(places)):
            part = places[chosen]
            yield self._varied(self.inputs(part), request), self.labels[part]

    def _varied(self, inputs: Tensor, request: BatchRequest) -> Tensor:
        if self.own.kind != "picture":
            return inputs
        if inputs.shape[1] == 1:
            return vary(inputs, request.generator, request.augment)
        return flip(inputs, request.generator) if "flip" in request.augment else inputs

    def example(self, split: str, place: int) -> Answer:
        """Show one example with its true class."""
        item = self.own.items[int(self.places[split][place])]
        name = self.own.classes[int(self.labels[self.places[split][place]])]
        if not isinstance(item, Image.Image):
            return Answer(name, ({text("Text"): str(item)[:EXAMPLE_CHARACTERS]},))
        written = io.BytesIO()
        small = item.convert("RGB")
        small.thumbnail((EXAMPLE_SIDE, EXAMPLE_SIDE))
        small.save(written, "PNG")
        return Answer(name, image=written.getvalue())
