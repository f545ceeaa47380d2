"""The vision networks that ship, as people read of them: adding one is one entry here and its class in `networks`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from core.language import text
from core.tasks.vision.networks import LeNet5, LeNet300, SmallResNet


@dataclass(frozen=True)
class ShippedNetwork:
    """Describe one network that ships: how it is built, and how people read of it.

    pictures_at_once: how many pictures are judged at a time, and how many the first figure is of; so few that it comes
        within 30 ms on one core and that activations stay in the processor's cache.
    recipe_defaults: preset -> the choices in which a recipe differs for this network.
    """

    build: type[nn.Module]
    title: str
    about: str
    pictures_at_once: int
    recipe_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


NETWORKS: Mapping[str, ShippedNetwork] = {
    "fashion-lenet5": ShippedNetwork(
        LeNet5,
        text("LeNet-5 - clothes (Fashion-MNIST)"),
        text("Two layers of small picture filters, then two fully connected layers. The classic of pruning research."),
        pictures_at_once=200,
    ),
    "fashion-mlp": ShippedNetwork(
        LeNet300,
        text("LeNet-300-100 - clothes (Fashion-MNIST)"),
        text("Three fully connected layers that see the picture as one long list of pixels. The fastest of the three."),
        pictures_at_once=500,
        recipe_defaults={
            "careful": {
                "epochs": 36,
                "learning_rate": 2e-3,
                "distill": 0.7,
                "temperature": 4.0,
                "augment": ("flip", "nudge"),
            }
        },
    ),
    "fashion-resnet": ShippedNetwork(
        SmallResNet,
        text("Small ResNet - clothes (Fashion-MNIST)"),
        text("Thirteen layers of picture filters with shortcuts around them. The most accurate, and the most compact."),
        pictures_at_once=64,
        recipe_defaults={"careful": {"epochs": 6, "learning_rate": 2e-3, "distill": 0.7}},
    ),
}
