"""Pictures for classifiers of the Hub: brought to a network's own size and scale by its own processor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.errors import BadInput, TaskUnavailable
from core.language import text
from core.tasks.hub.lookup import HubModel
from core.tasks.hub.opening import ANOTHER, build_frame, cannot_be_opened, class_names, open_weights
from core.tasks.hub.picture_network import PictureClassifier
from core.tasks.records import PictureBytes

MOST_CLASSES = 1000

LARGEST_SIDE = 1024
"""Pixels of a side of what a network may read: more takes a processor minutes a picture."""

WHAT = text("a picture classifier")

PROBES = ((320, 240), (200, 500))
"""Widths and heights of pictures on which it is tried whether all become one size."""


@dataclass(frozen=True, eq=False)
class Processor:
    """Turn pictures into inputs as a network's own processor does: size, cut, scale, mean and deviation."""

    processor: Any

    def read(self, pictures: list[Image.Image]) -> Tensor:
        """Turn pictures into one batch, float (n, 3, height, width)."""
        coloured = [picture.convert("RGB") for picture in pictures]
        inputs: Tensor = self.processor(images=coloured, return_tensors="pt")["pixel_values"]
        return inputs

    def pixels(self) -> PictureBytes | None:
        """Return how pictures are held as bytes; None for a processor whose inputs are not those to the last bit.

        Those that resize in fractions, or do something between resizing and scaling, are found out by trying.
        """
        noise = np.random.default_rng(0)
        tried = [Image.fromarray(noise.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in PROBES]
        held = PictureBytes(self._read_bytes, self._normal)
        try:
            bytes_ = held.read(tried)
            same = bytes_.dtype == torch.uint8 and torch.equal(held.normal(bytes_), self.read(tried))
        except Exception:  # processors of others do as they like with steps that are left out
            return None
        return held if same else None

    def _read_bytes(self, pictures: list[Image.Image]) -> Tensor:
        return self._some_steps([picture.convert("RGB") for picture in pictures], do_rescale=False, do_normalize=False)

    def _normal(self, pixels: Tensor) -> Tensor:
        return self._some_steps(pixels, do_resize=False, do_center_crop=False)

    def _some_steps(self, images: Any, **left_out: bool) -> Tensor:
        found: Tensor = self.processor(images=images, return_tensors="pt", **left_out)["pixel_values"]
        return found


def open_picture_classifier(
    found: HubModel, config: Mapping[str, Any]
) -> tuple[PictureClassifier, Processor, tuple[str, ...]]:
    """Open network and processor; return them and the names of the classes. Raises BadInput or TaskUnavailable."""
    from transformers import AutoModelForImageClassification

    model = build_frame(found, config, PictureClassifier, WHAT)
    model.network = open_weights(found, AutoModelForImageClassification, WHAT)
    processor = _open_processor(found)
    classes = class_names(found.name, model.network, MOST_CLASSES)
    _require_one_size(found, model, processor)
    return model.eval(), processor, classes


def _open_processor(found: HubModel) -> Processor:
    from transformers import AutoImageProcessor

    try:
        processor = AutoImageProcessor.from_pretrained(found.folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise TaskUnavailable(text("How {name} reads pictures cannot be opened.", name=found.name), ANOTHER) from error
    for name in ("size", "crop_size", "pad_size"):
        if (size := getattr(processor, name, None)) and max(_numbers(size), default=0) > LARGEST_SIDE:
            raise BadInput(
                text(
                    "{name} reads pictures of more than {largest_side:,} pixels a side.",
                    name=found.name,
                    largest_side=LARGEST_SIDE,
                ),
                text("Choose a smaller one."),
            )
    return Processor(processor)


def _numbers(size: Any) -> list[float]:
    """List the numbers in a size, as transformers writes it: a number, or several by name."""
    values = size.values() if hasattr(size, "values") else vars(size).values() if hasattr(size, "__dict__") else [size]
    return [value for value in values if isinstance(value, int | float)]


def _require_one_size(found: HubModel, model: PictureClassifier, processor: Processor) -> None:
    """Try a network once. Raises BadInput where its pictures differ in size, TaskUnavailable where it fails."""
    grey = [Image.new("RGB", size, "grey") for size in PROBES]
    try:
        inputs = [processor.read([picture]) for picture in grey]
        if any(each.shape != inputs[0].shape or each.ndim != 4 for each in inputs):
            raise BadInput(text("{name} reads each picture in another size.", name=found.name), ANOTHER)
        with torch.inference_mode():
            model(inputs[0])
    except BadInput:
        raise
    except Exception as error:
        raise cannot_be_opened(found.name, WHAT) from error


def describe_pictures(example: Tensor) -> str:
    """Say how pictures become a batch of inputs, for somebody who loads the download."""
    height, width = example.shape[2:]
    return text(
        "pictures of {width} by {height} pixels as its processor gives them: inputs = "
        'AutoImageProcessor.from_pretrained(".")(images=pictures, return_tensors="pt")["pixel_values"]',
        width=width,
        height=height,
    )
