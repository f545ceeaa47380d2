"""Torch-Pruning, without timm: it looks for that as it is imported, which takes seconds wherever it is installed."""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

__all__ = ["tp"]


def _import_without_timm() -> ModuleType:
    """Import Torch-Pruning while timm seems not to be installed; nothing that is used of it here needs timm."""
    if "timm" in sys.modules:
        return importlib.import_module("torch_pruning")
    sys.modules["timm"] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("torch_pruning")
    finally:
        del sys.modules["timm"]


if TYPE_CHECKING:
    import torch_pruning as tp
else:
    tp = _import_without_timm()
