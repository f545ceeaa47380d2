"""Tiny random classifiers of pictures, in the form in which the Hub keeps them; nothing of it was trained."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoConfig, AutoModelForImageClassification

CLASSES = ("tench, Tinca tinca", "church", "gas pump, petrol pump")

SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2}
USUAL = {
    "do_resize": True, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
    "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.25],
}  # fmt: skip
PROCESSORS = {
    "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}, "resample": 2},
    "convnext": {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 32}, "resample": 3},
}
KINDS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "vit": ({**SMALL, "image_size": 32, "patch_size": 8}, "vit"),
    "resnet": ({"embedding_size": 8, "hidden_sizes": [8, 12], "depths": [1, 1], "layer_type": "basic"}, "convnext"),
    "convnext": ({"hidden_sizes": [8, 12], "depths": [1, 1], "num_stages": 2}, "convnext"),
    "deit": ({**SMALL, "image_size": 32, "patch_size": 8, "architectures": ["DeiTForImageClassification"]}, "vit"),
    "mobilenet_v2": ({"depth_multiplier": 0.35, "image_size": 32}, "convnext"),
    "swin": (
        {"image_size": 32, "patch_size": 4, "embed_dim": 8, "depths": [1, 1], "num_heads": [2, 2], "window_size": 2},
        "vit",
    ),
}
"""Architecture -> its sizes, and how it reads pictures."""


def write_picture_classifier(kind: str, folder: Path, **further: Any) -> Path:
    """Write a classifier of a kind with random weights; further: what its configuration says besides."""
    sizes, processor = KINDS[kind]
    names = dict(enumerate(CLASSES))
    config = AutoConfig.for_model(
        kind, **{"id2label": names, "label2id": {v: k for k, v in names.items()}, **sizes, **further}
    )
    torch.manual_seed(0)
    model = AutoModelForImageClassification.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({**USUAL, **PROCESSORS[processor]}))
    return folder


def pictures() -> list[Image.Image]:
    """Three pictures of noise, each of another shape."""
    draw = np.random.default_rng(0)
    return [
        Image.fromarray(draw.integers(0, 256, (*size, 3), dtype=np.uint8)).resize((size[1] * 3, size[0] * 3))
        for size in ((20, 30), (40, 16), (32, 32))
    ]
