"""A picture classifier of the library `transformers`, whose configuration lies in a folder as config.json."""

import copy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

HERE = Path(__file__).parent


class PictureClassifier(nn.Module):
    """Answer with one number a class, (n, classes), for pictures (n, 3, height, width) as its processor makes them."""

    def __init__(self, folder: Path = HERE) -> None:
        super().__init__()
        from transformers import AutoConfig, AutoModelForImageClassification

        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        self.network: Any = AutoModelForImageClassification.from_config(config, dtype=torch.float32)

    def as_configured(self) -> "PictureClassifier":
        """Return the same architecture with fresh random weights."""
        from transformers import AutoModelForImageClassification

        fresh = copy.copy(self)
        fresh._modules = dict(self._modules)
        fresh.network = AutoModelForImageClassification.from_config(self.network.config, dtype=torch.float32)
        return fresh

    def forward(self, pixels: Tensor) -> Tensor:
        """Answer for pictures: (n, 3, height, width) -> (n, classes)."""
        logits: Tensor = self.network(pixel_values=pixels).logits
        return logits
