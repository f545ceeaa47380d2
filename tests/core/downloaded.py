"""A download, unpacked and opened as somebody does who has nothing of this project."""

import io
import sys
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from safetensors.torch import load_file
from torch import nn


def unpack(content: bytes, folder: Path) -> list[str]:
    """Lay the files of a download into a folder; return the lines of its README."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return (folder / "README.md").read_text().splitlines()


def import_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a download's model.py, until the test ends."""
    spec = spec_from_file_location("downloaded_model", folder / "model.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "downloaded_model", module)
    spec.loader.exec_module(module)
    return module


def with_downloaded_weights(network: nn.Module, folder: Path) -> nn.Module:
    """Give a network the weights of a download."""
    network.load_state_dict(load_file(folder / "weights.safetensors"))
    return network.eval()
