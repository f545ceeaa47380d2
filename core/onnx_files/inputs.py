"""Pictures, numbers and tokens of a person as the inputs of an ONNX file."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from core.errors import BadInput
from core.language import text
from core.onnx_files.process import Place
from core.onnx_files.reading import OnnxNetwork

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation of red, green and blue in ImageNet, of 1."""

NORMALISATIONS: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    text("0 to 1"): ((0.0,), (1.0,)),
    text("ImageNet"): IMAGENET,
    text("-1 to 1"): ((0.5,), (0.5,)),
    text("0 to 255"): ((0.0,), (1 / 255,)),
}
"""What people read -> mean and deviation by which pixels of 0 to 1 are normalised; one for all colours, or three."""

FITS = (text("crop"), text("stretch"), text("pad"))
"""Ways to bring a picture to a network's size: its middle, all of it squeezed, or all of it on black."""

TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}
"""Types of elements that pictures and numbers can be given in."""

TOKEN_TYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
COMPANIONS = ("attention_mask", "token_type_ids")
"""Inputs that may come beside token ids, made from these."""

MAX_SIDE = 1024
"""Pixels of a side that a network may look at here."""

USUAL_BATCH, MAX_BATCH = 8, 256
"""Examples at a time where a network takes any number, and the most that it may ask for."""

MAX_TOKENS = 8192
"""Token ids of a text that a network may ask for."""


@dataclass(frozen=True)
class PictureReading:
    """Hold how pictures become inputs.

    size: (height, width) in pixels; channels: 1 (grey) or 3 (red, green, blue); channels_last: whether they stand last.
    mean, deviation: of pixels of 0 to 1: one number for all channels, or one for each.
    fit: one of FITS. Raises BadInput for what is impossible.
    """

    size: tuple[int, int]
    channels: int
    channels_last: bool = False
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    fit: str = "crop"

    def __post_init__(self) -> None:
        if not all(1 <= side <= MAX_SIDE for side in self.size):
            raise BadInput(
                text(
                    "Pictures of {width} by {height} pixels cannot be looked at here.",
                    width=self.size[1],
                    height=self.size[0],
                ),
                SIDES,
            )
        if not all(each > 0 for each in self.deviation) or self.fit not in FITS:
            raise BadInput(text("Pictures cannot be normalised so."), text("Give deviations above 0."))


SIDES = text("Choose sides of 1 to {max_side:,} pixels.", max_side=MAX_SIDE)


@dataclass(frozen=True)
class PictureInput:
    """Describe an input that takes pictures; None where the file leaves a choice."""

    height: int | None
    width: int | None
    channels: int | None
    channels_last: bool


def picture_input(network: OnnxNetwork) -> PictureInput | None:
    """Tell how a network takes pictures, by the shape of its only input; None where it takes something else."""
    place = _only(network)
    if place is None or place.type not in TYPES or len(place.shape) != 4:
        return None
    _, one, two, three = place.shape
    if one in (1, 3) or (one is None and three not in (1, 3)):
        return PictureInput(two, three, one, False)
    return PictureInput(one, two, three, True) if three in (1, 3) else None


def number_input(network: OnnxNetwork) -> int | None:
    """Return how many numbers a network takes for one example; None where it takes something else, or any number."""
    place = _only(network)
    if place is None or place.type not in TYPES or len(place.shape) != 2:
        return None
    return place.shape[1]


def takes_tokens(network: OnnxNetwork) -> bool:
    """Tell whether a network takes token ids (n, length), with nothing but what is made from them beside."""
    ids = [place for place in network.inputs if place.name not in COMPANIONS]
    return len(ids) == 1 and all(place.type in TOKEN_TYPES and len(place.shape) == 2 for place in network.inputs)


def batch_size(network: OnnxNetwork) -> int:
    """Return how many examples a network takes at a time: as many as it says, or USUAL_BATCH. Raises BadInput."""
    size = network.inputs[0].shape[0] or USUAL_BATCH
    if size > MAX_BATCH:
        raise BadInput(
            text("This network wants {size:,} examples at a time.", size=size),
            text("Export it with an open batch size."),
        )
    return size


def picture_feeds(
    network: OnnxNetwork, reading: PictureReading, pictures: Sequence[Image.Image]
) -> dict[str, np.ndarray]:
    """Turn pictures into one batch: (n, channels, h, w), or with channels last."""
    pixels = np.stack([_pixels(each, reading) for each in pictures])  # (n, h, w, channels), 0 to 1
    mean, deviation = (np.array(each, np.float32) for each in (reading.mean, reading.deviation))
    normalised = (pixels - mean) / deviation
    ordered = normalised if reading.channels_last else normalised.transpose(0, 3, 1, 2)
    place = network.inputs[0]
    kind = TYPES[place.type]
    if kind is np.uint8:
        ordered = ordered.round().clip(0, 255)
    return {place.name: np.ascontiguousarray(ordered, dtype=kind)}


def number_feeds(network: OnnxNetwork, rows: Sequence[Sequence[float]]) -> dict[str, np.ndarray]:
    """Turn rows of numbers into one batch, (n, numbers)."""
    place = network.inputs[0]
    return {place.name: np.array(rows, dtype=TYPES[place.type])}


def token_feeds(network: OnnxNetwork, texts: Sequence[Sequence[int]], padding: int = 0) -> dict[str, np.ndarray]:
    """Turn token ids into one batch (n, length), padded at the end, with masks where the network reads them.

    Raises BadInput for a network of endless texts.
    """
    (ids,) = (place for place in network.inputs if place.name not in COMPANIONS)
    length = ids.shape[1] or max(1, *(len(text) for text in texts), 1)
    if length > MAX_TOKENS:
        raise BadInput(
            text("This network reads texts of {length:,} tokens.", length=length),
            text("Export it with an open length."),
        )
    cut = [list(text[:length]) for text in texts]
    filled = np.array([[*text, *[padding] * (length - len(text))] for text in cut], dtype=np.int64)
    mask = np.array([[1] * len(text) + [0] * (length - len(text)) for text in cut], dtype=np.int64)
    made = {"attention_mask": mask, "token_type_ids": np.zeros_like(mask), ids.name: filled}
    return {place.name: made[place.name].astype(TOKEN_TYPES[place.type]) for place in network.inputs}


def batches_of(items: Sequence[Any], size: int) -> list[list[Any]]:
    """Cut examples into batches of at most so many."""
    stream = iter(items)
    return list(iter(lambda: list(itertools.islice(stream, size)), []))


def _only(network: OnnxNetwork) -> Place | None:
    return network.inputs[0] if len(network.inputs) == 1 else None


def _pixels(picture: Image.Image, reading: PictureReading) -> np.ndarray:
    """Bring a picture to size: float32 (h, w, channels) of 0 to 1."""
    height, width = reading.size
    coloured = picture.convert("L" if reading.channels == 1 else "RGB")
    if coloured.size != (width, height):
        if reading.fit == "stretch":
            coloured = coloured.resize((width, height), Image.Resampling.BILINEAR)
        elif reading.fit == "crop":
            coloured = ImageOps.fit(coloured, (width, height), Image.Resampling.BILINEAR)
        else:
            coloured = ImageOps.pad(coloured, (width, height), Image.Resampling.BILINEAR)
    return np.asarray(coloured, np.float32).reshape(height, width, reading.channels) / np.float32(255)
