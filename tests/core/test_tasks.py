"""Shipped models and data: what the manifest says, what happens when a file is damaged, how pictures are judged."""

import copy
import gzip
import json
import threading

import numpy as np
import pytest
import scipy.stats
import torch
import torchvision.transforms.v2.functional as transforms
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save
from torch import nn

from core.build import __main__ as build
from core.build import vision as build_vision
from core.build.check import check
from core.errors import TaskUnavailable, UnknownTask
from core.quality import proportion
from core.tasks import catalog, load
from core.tasks.assets import ROOT, Assets, sha256
from core.tasks.vision.augment import vary
from core.tasks.vision.data import BLACK
from tests.conftest import overwrite

LEAST = {
    "fashion-mlp": (0.895, 266_610),
    "fashion-lenet5": (0.915, 431_080),
    "fashion-resnet": (0.930, 170_298),
    "reuters-cnn": (0.95, 719_508),
    "reuters-minilm": (0.965, 10_464_776),
    "movielens-ncf": (0.8833, 633_537),
    "cartpole-policy": (490, 4_675),
    "acrobot-policy": (-90, 4_868),
}
"""The least figure on test data (for an error, the most), and the number of parameters."""


@pytest.mark.parametrize("name", LEAST)
def test_a_shipped_model_scores_what_the_manifest_says(name):
    least, parameters = LEAST[name]
    task = load(name)
    assert sum(p.numel() for p in task.model.parameters()) == parameters == task.info.parameters
    assert check(name, ROOT)
    entry = Assets.open().manifest["models"][name]
    reached = entry["figures"]["test"][task.info.metric.lower()]
    assert reached < least if task.info.metric == "RMSE" else reached >= least
    data = Assets.open().manifest["data"][entry["data"]]
    assert entry["licence"] and data["licence"] and data["source"]


def test_a_wrong_figure_fails_the_check(broken_assets, capsys):
    path = broken_assets / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["models"]["fashion-mlp"]["figures"]["test"]["accuracy"] += 0.01
    overwrite(path, json.dumps(manifest).encode())
    assert not check("fashion-mlp", broken_assets)
    assert "DOES NOT HOLD" in capsys.readouterr().out


def test_the_catalogue_lists_what_ships():
    assert {info.name for info in catalog() if info.shipped} == set(LEAST)
    assert all(info.source and info.about for info in catalog())


def test_every_shipped_file_is_in_the_manifest_and_small():
    found = [path for folder in ("models", "data") for path in (ROOT / folder).rglob("*") if path.is_file()]
    files = {path.relative_to(ROOT).as_posix(): path for path in found}
    listed = Assets.open().manifest["files"]
    assert {name for name in files if not name.endswith(("LICENSE.txt", "TERMS.txt"))} == set(listed)
    for name, entry in listed.items():
        content = files[name].read_bytes()
        assert sha256(content) == entry["sha256"]
        assert len(content) == entry["bytes"]
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) < 60e6


def test_an_unknown_model_is_a_sentence():
    with pytest.raises(UnknownTask, match=r"no model named 'resnet-9000'.*Choose one of: .*fashion-mlp"):
        load("resnet-9000")


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_weight_file_is_named_and_the_others_work(broken_assets, damage):
    path = broken_assets / "models" / "fashion-mlp.safetensors"
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[-1] ^= 1
        overwrite(path, content)
    elif damage == "cut":
        overwrite(path, content[:100])
    else:
        path.unlink()
    with pytest.raises(TaskUnavailable) as caught:
        load("fashion-mlp", broken_assets)
    assert "models/fashion-mlp.safetensors" in caught.value.what
    assert "git checkout" in caught.value.advice
    assert load("fashion-lenet5", broken_assets).info.name == "fashion-lenet5"


def test_a_missing_manifest_is_a_sentence(tmp_path):
    with pytest.raises(TaskUnavailable, match=r"manifest\.json"):
        catalog(tmp_path)


def test_splits_are_balanced_and_apart(lenet):
    for split, size in (("train", 20_000), ("validation", 5_000), ("test", 10_000)):
        labels = torch.cat([targets for _, targets in lenet.batches(split, 1000, torch.Generator(), ())])
        assert torch.bincount(labels).tolist() == [size // 10] * 10
        assert lenet.count(split) == size
    labels = np.repeat(np.arange(10, dtype=np.uint8), 6_000)
    learning, validation, tuning = build_vision.split(labels)
    assert (len(learning), len(validation), len(tuning)) == (55_000, 5_000, 20_000)
    assert not np.intersect1d(learning, validation).size
    assert np.isin(tuning, learning).all()
    assert np.array_equal(build_vision.split(labels)[1], validation)


def test_accuracy_equals_a_plain_count(lenet):
    (inputs, targets), *_ = lenet.batches("validation", 5_000, torch.Generator(), ())
    with torch.no_grad():
        expected = (lenet.model(inputs).argmax(1) == targets).float().mean().item()
    quality = lenet.evaluate(lenet.model)
    assert quality.n == 5_000
    assert quality.value == pytest.approx(expected, abs=0.0002)


def test_a_refined_figure_ends_at_the_whole_split(lenet):
    seen = list(lenet.refine(lenet.model))
    assert [quality.n for quality in seen] == list(range(500, 5_001, 500))
    assert seen[-1] == lenet.evaluate(lenet.model)
    assert seen[0] == lenet.evaluate(lenet.model, limit=500)


def test_judging_bit_by_bit_leaves_the_callers_mode_alone(lenet):
    for _ in lenet.refine(lenet.model, limit=1500):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()


def test_judging_leaves_the_model_alone(lenet):
    strides = [p.stride() for p in lenet.model.parameters()]
    lenet.evaluate(lenet.model, limit=10)
    assert [p.stride() for p in lenet.model.parameters()] == strides
    assert all(p.is_contiguous() for p in lenet.model.parameters())


def test_unknown_splits_and_empty_limits_are_refused(tiny):
    with pytest.raises(ValueError, match="No split"):
        tiny.evaluate(tiny.model, "tests")
    with pytest.raises(ValueError, match="at least 1"):
        tiny.evaluate(tiny.model, limit=0)


@given(st.integers(1, 10_000), st.data())
def test_wilson_interval_equals_scipys(n, data):
    successes = data.draw(st.integers(0, n))
    expected = scipy.stats.binomtest(successes, n).proportion_ci(0.95, "wilson")
    quality = proportion(successes, n)
    assert quality.low == pytest.approx(expected.low, abs=1e-12)
    assert quality.high == pytest.approx(expected.high, abs=1e-12)
    assert quality.low <= quality.value <= quality.high


def test_nothing_is_no_proportion():
    for successes, n in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no proportion"):
            proportion(successes, n)


@pytest.mark.parametrize(("way", "reach"), [("shift", 2), ("nudge", 1)])
def test_augmentation_only_mirrors_and_shifts(way, reach):
    generator = torch.Generator().manual_seed(0)
    black = np.float32(BLACK).item()
    picture = torch.full((28, 28), black)
    picture[10:14, 5:8] = torch.arange(12.0).reshape(4, 3) + 1
    batch = vary(picture.expand(1000, 1, 28, 28), generator, ("flip", way))
    seen = set()
    for varied in batch[:, 0]:
        rows, columns = torch.where(varied != black)
        patch = varied[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        mirrored = not torch.equal(patch, picture[10:14, 5:8])
        assert torch.equal(patch.flip(1) if mirrored else patch, picture[10:14, 5:8])
        seen.add((mirrored, int(rows.min()) - 10, int(columns.min()) - (20 if mirrored else 5)))
    steps = range(-reach, reach + 1)
    assert seen == {(m, down, right) for m in (False, True) for down in steps for right in steps}


def test_a_flip_is_that_of_torchvision():
    pictures = torch.randn(50, 1, 28, 28)
    varied = vary(pictures, torch.Generator().manual_seed(3), ("flip",))
    hit = torch.rand(50, generator=torch.Generator().manual_seed(3)) < 0.5
    assert torch.equal(varied[hit], transforms.horizontal_flip(pictures[hit]))
    assert torch.equal(varied[~hit], pictures[~hit])
    assert 10 < hit.sum() < 40


def test_erasing_blackens_one_square_of_about_every_second_picture():
    white = torch.ones(1000, 1, 28, 28)
    batch = vary(white, torch.Generator().manual_seed(0), ("erase",))
    erased = batch.flatten(1).ne(1).sum(1)
    assert set(erased.tolist()) == {0, 64}
    assert 400 < (erased > 0).sum() < 600
    rows, columns = torch.where(batch[erased > 0][0, 0] != 1)
    assert rows.max() - rows.min() == columns.max() - columns.min() == 7


def test_not_varied_is_the_very_same():
    white = torch.ones(3, 1, 28, 28)
    assert vary(white, torch.Generator(), ()) is white


def idx_files(folder, packed):
    """Lay down the four files of Fashion-MNIST in small; return what is in them, by name."""
    rng, written = np.random.default_rng(0), {}
    folder.mkdir()
    for name in build_vision.IDX:
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
    found = [part for pair in build_vision.read_folder(tmp_path / "idx") for part in pair]
    for name, part in zip(build_vision.IDX, found, strict=True):
        assert np.array_equal(part, written[name])


def test_the_builder_trains_from_a_folder_and_trains_alike_again(tmp_path, monkeypatch, capsys):
    folder, assets = tmp_path / "idx", tmp_path / "assets"
    idx_files(folder, packed=True)
    monkeypatch.setattr(build_vision, "VALIDATION", 100)
    monkeypatch.setattr(build_vision, "TUNING", 100)
    monkeypatch.setitem(build_vision.RECIPES, "fashion-mlp", build_vision.Recipe(epochs=8, batch_size=10))
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


def test_weights_of_another_shape_are_a_sentence(broken_assets):
    assets = Assets.open(broken_assets)
    assets.write("models/fashion-mlp.safetensors", save(nn.Linear(2, 2).state_dict()))
    assets.save()
    with pytest.raises(TaskUnavailable, match="damaged"):
        load("fashion-mlp", broken_assets)


@pytest.mark.parametrize("name", LEAST)
def test_the_readme_tells_the_figures_of_the_manifest(name):
    entry = Assets.open().manifest["models"][name]
    lines = (ROOT.parent / "README.md").read_text().splitlines()
    line = next(each for each in lines if each.startswith(f"| `{name}`,"))
    assert f"| {entry['parameters']:,} |" in line
    metric = next(info.metric for info in catalog() if info.name == name)
    value = entry["figures"]["test"][metric.lower()]
    told = {"Accuracy": f"{100 * value:.2f} %", "RMSE": f"{value:.3f}", "Return": f"{value:.1f}"}[metric]
    assert f"{metric} {told}" in line


def test_nobody_sees_a_shared_network_change_while_another_judges_it(lenet):
    wrong = []

    def judge():
        for _ in range(6):
            try:
                lenet.evaluate(lenet.model, limit=1000)
            except Exception as error:
                wrong.append(error)

    judges = [threading.Thread(target=judge) for _ in range(3)]
    names = {name for name, _ in lenet.model.named_parameters()}
    for each in judges:
        each.start()
    while any(each.is_alive() for each in judges):
        assert {name for name, value in lenet.model.named_parameters() if isinstance(value, nn.Parameter)} == names
        copy.deepcopy(lenet.model)
    assert not wrong
