"""The networks of torchvision that can be explored: adding one is one entry here."""

import importlib
from dataclasses import dataclass
from typing import Any

from torch import nn

from core.language import text
from core.tasks.base import TaskInfo

PREFIX = "imagenet-"
"""How the names of these tasks begin; torchvision's own name of the network follows."""


@dataclass(frozen=True)
class Network:
    """Hold what torchvision says of a network and its best weights.

    size: bytes of the file of weights.
    accuracy: share of ImageNet's validation pictures that are named rightly, in percent.
    """

    title: str
    parameters: int
    size: int
    accuracy: float


NETWORKS = {
    "resnet18": Network("ResNet-18", 11_689_512, 46_830_453, 69.758),
    "resnet50": Network("ResNet-50", 25_557_032, 102_540_247, 80.858),
    "mobilenet_v2": Network("MobileNetV2", 3_504_872, 14_258_536, 72.154),
    "mobilenet_v3_small": Network("MobileNetV3 small", 2_542_856, 10_306_454, 67.668),
    "mobilenet_v3_large": Network("MobileNetV3 large", 5_483_032, 22_132_294, 75.274),
    "efficientnet_b0": Network("EfficientNet-B0", 5_288_548, 21_444_428, 77.692),
    "shufflenet_v2_x1_0": Network("ShuffleNetV2", 2_278_604, 9_218_032, 69.362),
    "convnext_tiny": Network("ConvNeXt-Tiny", 28_589_128, 114_419_565, 82.52),
    "vgg16_bn": Network("VGG-16 with batch norm", 138_365_992, 553_507_619, 73.36),
    "vit_b_16": Network("ViT-B/16", 86_567_656, 346_328_924, 81.072),
}
"""By their names in torchvision's registry. Written down, and compared with it by a test, since importing it takes a
second that nobody should wait for to see a list."""


def info(key: str) -> TaskInfo:
    """Describe one network for the catalogue."""
    network = NETWORKS[key]
    return TaskInfo(
        f"{PREFIX}{key}",
        text("{title} - photographs (ImageNet), {size:.0f} MB", title=network.title, size=network.size / 1000000.0),
        "vision",
        "Accuracy",
        network.parameters,
        text(
            "Imagenette (fast.ai, Apache-2.0; pictures of ImageNet, of those only that networks have not "
            "learned from), fetched from where torchvision fetches them"
        ),
        False,
        text(
            "Trained on 1.3 million photographs of 1000 things; {accuracy:.1f} % right among all thousand, "
            "as published. Here it is judged on ten of them.",
            accuracy=network.accuracy,
        ),
        weights=text("of torchvision (BSD-3-Clause; trained on ImageNet, whose pictures are for research)"),
    )


def best_weights(key: str) -> Any:
    """Return torchvision's best weights for one of its networks, an entry of its WeightsEnum."""
    return torchvision().models.get_model_weights(key).DEFAULT


def fresh_network(key: str) -> nn.Module:
    """Build a network with random weights."""
    return torchvision().models.get_model(key)


def torchvision() -> Any:
    """Import torchvision: a second's work, for those who need it."""
    return importlib.import_module("torchvision")
