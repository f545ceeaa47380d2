"""The builder: it reads the raw data, splits it, trains alike each time, and its check finds a wrong figure."""

import gzip
import json

import numpy as np
import pytest
import torch

from core.build import __main__ as build
from core.build import vision
from core.build.check import check
from core.tasks import load
from tests.conftest import overwrite


def test_a_wrong_figure_fails_the_check(broken_assets, capsys):
    path = broken_assets / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["models"]["fashion-mlp"]["figures"]["test"]["accuracy"] += 0.01
    overwrite(path, json.dumps(manifest).encode())
    assert not check("fashion-mlp", broken_assets)
    assert "DOES NOT HOLD" in capsys.readouterr().out


def test_splits_are_balanced_and_apart(lenet):
    for split, size in (("train", 20_000), ("validation", 5_000), ("test", 10_000)):
        labels = torch.cat([targets for _, targets in lenet.batches(split, 1000, torch.Generator(), ())])
        assert torch.bincount(labels).tolist() == [size // 10] * 10
        assert lenet.count(split) == size
    labels = np.repeat(np.arange(10, dtype=np.uint8), 6_000)
    learning, validation, tuning = vision.split(labels)
    assert (len(learning), len(validation), len(tuning)) == (55_000, 5_000, 20_000)
    assert not np.intersect1d(learning, validation).size
    assert np.isin(tuning, learning).all()
    assert np.array_equal(vision.split(labels)[1], validation)


def idx_files(folder, packed):
    """Lay down the four files of Fashion-MNIST in small; return what is in them, by name."""
    rng, written = np.random.default_rng(0), {}
    folder.mkdir()
    for name in vision.IDX:
        n = 300 if name.startswith("train") else 100
        labels = np.arange(n, dtype=np.uint8) % 10
        pictures = rng.integers(0, 30, (n, 28, 28), dtype=np.uint8)
        for picture, label in zip(pictures, labels, strict=True):
            picture[2 * label : 2 * label + 2] = 255
        values = written[name] = pictures if "images" in name else labels
        header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
        content = header + values.tobytes()
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    return written


@pytest.mark.parametrize("packed", [True, False])
def test_the_builder_reads_idx_files_packed_and_plain(tmp_path, packed):
    written = idx_files(tmp_path / "idx", packed)
    found = [part for pair in vision.read_folder(tmp_path / "idx") for part in pair]
    for name, part in zip(vision.IDX, found, strict=True):
        assert np.array_equal(part, written[name])


def test_the_builder_trains_from_a_folder_and_trains_alike_again(tmp_path, monkeypatch, capsys):
    folder, assets = tmp_path / "idx", tmp_path / "assets"
    idx_files(folder, packed=True)
    monkeypatch.setattr(vision, "VALIDATION", 100)
    monkeypatch.setattr(vision, "TUNING", 100)
    monkeypatch.setitem(vision.RECIPES, "fashion-mlp", vision.Recipe(epochs=8, batch_size=10))
    command = ["build", "fashion-mlp", "--assets", str(assets), "--data", str(folder)]
    monkeypatch.setattr("sys.argv", command)

    assert build.main() == 0

    assert "step" in capsys.readouterr().out
    assert check("fashion-mlp", assets)
    task = load("fashion-mlp", assets)
    assert task.count("train") == 100
    assert task.evaluate(task.model, "test").value > 0.9
    first = (assets / "models/fashion-mlp.safetensors").read_bytes()
    assert build.main() == 0
    assert (assets / "models/fashion-mlp.safetensors").read_bytes() == first
