"""Networks of torchvision that know the thousand things of ImageNet, judged on the ten of Imagenette.

Neither weights nor pictures ship: they are fetched once per server, when somebody asks, and kept where torch keeps its
own downloads, so that what is there already is used.
"""

import functools
import importlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from core.downloads import RemoteFile
from core.errors import BadInput, TaskUnavailable
from core.tasks.assets import Assets
from core.tasks.base import (
    Batch,
    BatchRequest,
    Inputs,
    Packaging,
    Task,
    TaskInfo,
    Training,
    distance,
    prunable_parameters,
)
from core.tasks.classification import changed, classifier, likely
from core.tasks.demo import Answer, Demo, UploadAdapter


@dataclass(frozen=True)
class Known:
    """What torchvision says of a network and its best weights: parameters, bytes of the file, top-1 in percent."""

    title: str
    parameters: int
    size: int
    first: float


NETWORKS = {
    "resnet18": Known("ResNet-18", 11_689_512, 46_830_453, 69.758),
    "resnet50": Known("ResNet-50", 25_557_032, 102_540_247, 80.858),
    "mobilenet_v2": Known("MobileNetV2", 3_504_872, 14_258_536, 72.154),
    "mobilenet_v3_small": Known("MobileNetV3 small", 2_542_856, 10_306_454, 67.668),
    "mobilenet_v3_large": Known("MobileNetV3 large", 5_483_032, 22_132_294, 75.274),
    "efficientnet_b0": Known("EfficientNet-B0", 5_288_548, 21_444_428, 77.692),
    "shufflenet_v2_x1_0": Known("ShuffleNetV2", 2_278_604, 9_218_032, 69.362),
    "convnext_tiny": Known("ConvNeXt-Tiny", 28_589_128, 114_419_565, 82.52),
    "vgg16_bn": Known("VGG-16 with batch norm", 138_365_992, 553_507_619, 73.36),
    "vit_b_16": Known("ViT-B/16", 86_567_656, 346_328_924, 81.072),
}
"""By their names in torchvision's registry. Written down, and compared with it by a test, since importing it takes a
second that nobody should wait for to see a list."""

SIDE = 160
"""Pixels of a side, unless a network needs more: the size in which Imagenette is fetched."""

CLASSES = {
    "n01440764": "tench",
    "n02102040": "English springer",
    "n02979186": "cassette player",
    "n03000684": "chain saw",
    "n03028079": "church",
    "n03394916": "French horn",
    "n03417042": "garbage truck",
    "n03425413": "gas pump",
    "n03445777": "golf ball",
    "n03888257": "parachute",
}
"""Imagenette's ten classes by WordNet number, which names their folder, in the order of the answers."""

OTHER_NAMES = CLASSES
"""Folders may be named by WordNet number too."""

SIZES = {"validation": 300, "test": 500}
"""At most so many of the pictures that no network learned from serve for each; drawn once, the same everywhere."""

UNSEEN, LEARNED = "ILSVRC2012_val_", re.compile(r"n\d{8}_")
"""How the names of ImageNet's own validation pictures begin, and of those that networks learned from; Imagenette has
both in each of its folders."""

ARCHIVE_BYTES = 99_003_388
"""Size of the Imagenette archive."""

TOLD, SLICE = 16, 8
"""Pictures between two figures, and those judged at a time: as few as that take the least memory and no more time."""


def catalog(assets: Assets) -> list[TaskInfo]:
    """List the networks that can be fetched."""
    return [info(key) for key in NETWORKS]


def weights_of(key: str) -> Any:
    """Return torchvision's best weights for one of its networks, an entry of its WeightsEnum."""
    return _torchvision().models.get_model_weights(key).DEFAULT


def _torchvision() -> Any:
    return importlib.import_module("torchvision")  # a second's work, for those who need it


def info(key: str) -> TaskInfo:
    """Describe one network."""
    known = NETWORKS[key]
    return TaskInfo(
        f"imagenet-{key}",
        f"{known.title} - photographs (ImageNet), {known.size / 1e6:.0f} MB",
        "vision",
        "Accuracy",
        known.parameters,
        "Imagenette (fast.ai, Apache-2.0; pictures of ImageNet, of those only that networks have not learned from), "
        "fetched from where torchvision fetches them",
        False,
        f"Trained on 1.3 million photographs of 1000 things; {known.first:.1f} % right among all thousand, as "
        "published. Here it is judged on ten of them."
        + (" Its queries, keys and values stay whole, since torch keeps them in one table." if "vit" in key else ""),
        weights="of torchvision (BSD-3-Clause; trained on ImageNet, whose pictures are for research)",
    )


def missing(name: str, folder: Path | None = None) -> tuple[RemoteFile, ...]:
    """List what has to be fetched before a network can be loaded; () once all of it is here.

    folder: where downloads are kept; torch's own place by default.
    """
    key = name.removeprefix("imagenet-")
    if not name.startswith("imagenet-") or key not in NETWORKS:
        return ()
    return tuple(each for each in (weights_file(key, folder), archive(folder)) if not each.there)


def weights_file(key: str, folder: Path | None = None) -> RemoteFile:
    """Say where the weights of a network come from, and where they are kept."""
    weights = weights_of(key)
    file = weights.url.rpartition("/")[2]
    digest = re.search(r"-([0-9a-f]{8,})\.", file)[1]  # torch's own habit: the name ends in how the hash begins
    return RemoteFile(
        f"the weights of {NETWORKS[key].title}",
        weights.url,
        _home(folder) / "checkpoints" / file,
        "sha256",
        digest,
        NETWORKS[key].size,
    )


def archive(folder: Path | None = None) -> RemoteFile:
    """Say where the pictures come from, and where they are kept."""
    url, digest = _torchvision().datasets.Imagenette._ARCHIVES["160px"]
    inside = "imagenette2-160"
    return RemoteFile("the pictures (Imagenette)", url, _home(folder) / inside, "md5", digest, ARCHIVE_BYTES, inside)


def _home(folder: Path | None) -> Path:
    return folder or Path(torch.hub.get_dir())


@dataclass(frozen=True)
class View:
    """How a photograph becomes an input: the middle square of `side` pixels, scaled and centred by channel."""

    side: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def square(self, picture: Image.Image) -> Tensor:
        """Return the middle square of a picture, uint8 (3, side, side)."""
        from torchvision.transforms.v2 import functional as pictures

        pixels = pictures.pil_to_tensor(picture.convert("RGB"))
        resized = pictures.resize(pixels, [self.side], pictures.InterpolationMode.BILINEAR, antialias=True)
        return pictures.center_crop(resized, [self.side, self.side])

    def normal(self, pixels: Tensor) -> Tensor:
        """Scale uint8 (n, 3, side, side) as the network was trained; float of the same shape."""
        scaled = pixels.float().div_(255)
        centre, spread = (torch.tensor(each)[:, None, None] for each in (self.mean, self.deviation))
        return scaled.sub_(centre).div_(spread).contiguous(memory_format=torch.channels_last)


def load(assets: Assets, name: str, folder: Path | None = None) -> Task:
    """Load a network that was fetched, and put its pictures in reach; they are read when needed.

    Raises TaskUnavailable when something of it has not been fetched or is damaged.
    """
    key = name.removeprefix("imagenet-")
    absent = missing(name, folder)
    if absent:
        needed = " and ".join(each.what for each in absent)
        raise TaskUnavailable(
            f"{NETWORKS[key].title} needs {needed}, which are not on this server yet.",
            "Fetch them on the page Explore, or choose a model that ships with the app.",
        )
    weights, file = weights_of(key), weights_file(key, folder).path
    with torch.device("meta"):  # no memory for weights that are replaced at once
        model = _torchvision().models.get_model(key)
    try:
        model.load_state_dict(torch.load(file, weights_only=True), assign=True)
    except Exception as error:  # whatever a damaged file makes of itself
        raise TaskUnavailable(
            f"The weights of {NETWORKS[key].title} are damaged.", f"Delete {file} and fetch again."
        ) from error
    usual = weights.transforms()
    side = max(SIDE, *weights.meta["min_size"])
    view = View(side, tuple(usual.mean), tuple(usual.std))
    picked = [weights.meta["categories"].index(each) for each in CLASSES.values()]
    return make_task(info(key), model, Photographs(archive(folder).path, view), picked)


class Photographs:
    """Pictures in folders named by class; the validation part is kept in memory once it was read."""

    def __init__(self, folder: Path, view: View) -> None:
        self.view = view
        try:
            folders = {part: _torchvision().datasets.ImageFolder(folder / part).samples for part in ("train", "val")}
        except (OSError, FileNotFoundError) as error:
            raise TaskUnavailable("The pictures are damaged.", f"Delete {folder} and fetch again.") from error
        unseen, learned = [], []
        for part, samples in folders.items():
            for sample in samples:
                name = Path(sample[0]).name
                apart = name.startswith(UNSEEN) or (part == "val" and not LEARNED.match(name))
                (unseen if apart else learned).append(sample)
        if len(unseen) < 2:
            raise TaskUnavailable(
                "Networks have learned from all of these pictures, so that none is left to judge them by.",
                f"Delete {folder} and fetch again.",
            )
        unseen.sort(key=lambda sample: Path(sample[0]).name)
        order = torch.randperm(len(unseen), generator=torch.Generator().manual_seed(0)).tolist()
        held = [unseen[place] for place in order]
        middle = min(SIZES["validation"], len(held) // 2)
        self._splits = {
            "train": learned,
            "validation": held[:middle],
            "test": held[middle : middle + SIZES["test"]],
        }
        self.validation = functools.cache(self._whole_validation)

    def count(self, split: str) -> int:
        """Return how many pictures a split holds."""
        return len(self._splits[split])

    def labels(self, split: str) -> Tensor:
        """Return the true classes, int (n,)."""
        return torch.tensor([label for _, label in self._splits[split]])

    def read(self, split: str, places: list[int]) -> Tensor:
        """Read pictures of a split, uint8 (n, 3, side, side)."""
        if split == "validation":
            return self.validation()[places]
        return self._read(split, places)

    def _read(self, split: str, places: list[int]) -> Tensor:
        found = []
        for place in places:
            with Image.open(self._splits[split][place][0]) as picture:
                found.append(self.view.square(picture))
        return torch.stack(found)

    def _whole_validation(self) -> Tensor:
        return self._read("validation", list(range(self.count("validation"))))


def make_task(about: TaskInfo, model: nn.Module, photographs: Photographs, picked: list[int]) -> Task:
    """Join a network of many classes and photographs of some of them to a task.

    picked: the places of these classes among the network's answers.
    """
    view, classes = photographs.view, tuple(CLASSES.values())

    def said(model: nn.Module, split: str, limit: int | None) -> Iterator[Tensor]:
        places = list(range(photographs.count(split)))[:limit]
        for begin in range(0, len(places), TOLD):
            answers = []
            for first in range(begin, min(begin + TOLD, len(places)), SLICE):
                inputs = view.normal(photographs.read(split, places[first : min(first + SLICE, begin + TOLD)]))
                with torch.inference_mode():
                    answers.append(model(inputs)[:, picked])
            yield torch.cat(answers)

    def draw(asked: BatchRequest) -> Iterator[Batch]:
        labels = photographs.labels(asked.split)
        for chosen in asked.shuffled(len(labels)):
            inputs = view.normal(photographs.read(asked.split, chosen.tolist()))
            if "flip" in asked.augment:
                flipped = torch.rand(len(chosen), generator=asked.generator) < 0.5
                inputs = torch.where(flipped[:, None, None, None], inputs.flip(-1), inputs)
            yield inputs, labels[chosen]

    def shown(split: str, place: int) -> Answer:
        return Answer(classes[int(photographs.labels(split)[place])], image=png(photographs.read(split, [place])[0]))

    def answer(model: nn.Module, number: int) -> Answer:
        if not 1 <= number <= photographs.count("validation"):
            raise BadInput(f"There is no picture {number}.", f"Choose 1 to {photographs.count('validation'):,}.")
        truth = shown("validation", number - 1)
        with torch.inference_mode():
            output = model(view.normal(photographs.read("validation", [number - 1])))[:, picked]
        best, rows = likely(output, classes)
        return Answer(f"{best} ({'right' if best == truth.said else f'it is: {truth.said}'})", tuple(rows), truth.image)

    def loss(output: Tensor, target: Tensor, smoothing: float) -> Tensor:
        return F.cross_entropy(output[:, picked], target, label_smoothing=smoothing)

    parts: dict[str, Any] = classifier(classes, said, photographs.labels, shown)
    return Task(
        info=about,
        model=model.eval(),
        prunable=prunable_parameters(model),
        example=torch.zeros(1, 3, view.side, view.side),
        inputs=Inputs(
            f"the middle square of a photograph, {view.side} by {view.side} pixels, red, green and blue from 0 to 1, "
            f"minus {view.mean}, divided by {view.deviation}. It answers with 1000 numbers, one for each class of "
            f"ImageNet; of these, {', '.join(map(str, picked))} stand for: {', '.join(classes)}."
        ),
        draw=draw,
        count=photographs.count,
        training=Training(
            ("flip",),
            RECIPE_DEFAULTS,
            fresh=lambda: _torchvision().models.get_model(about.name.removeprefix("imagenet-")),
            distillation_loss=lambda output, wanted, temperature: distance(
                output[:, picked], wanted[:, picked], temperature
            ),
        ),
        demo=Demo(
            "Show both networks a photograph",
            "Picture number",
            1,
            answer,
            changed,
            f"One of {photographs.count('validation'):,} pictures of ImageNet's own validation data, which no network "
            f"here has learned from; {photographs.count('test'):,} others are for the test.",
        ),
        uploads=UploadAdapter(
            "picture",
            lambda given: view.normal(torch.stack([view.square(each) for each in given])),
            picked,
            OTHER_NAMES,
        ),
        packaging=Packaging(
            constructor=("torchvision.models", "get_model", f'"{about.name.removeprefix("imagenet-")}"')
        ),
        quick_eval_size=64,
        **{**parts, "loss": loss},
    )


RECIPE_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "quick": {"steps": 30, "batch_size": 32, "learning_rate": 1e-4},
    "careful": {"epochs": 1, "batch_size": 32, "learning_rate": 2e-4},
    "textbook": {"epochs": 1, "batch_size": 32},
}
"""Far fewer steps than elsewhere: each takes a processor about a second."""


def png(pixels: Tensor) -> bytes:
    """Turn one picture, uint8 (3, h, w), into a PNG."""
    file = io.BytesIO()
    Image.fromarray(pixels.movedim(0, -1).contiguous().numpy()).save(file, "PNG")
    return file.getvalue()
