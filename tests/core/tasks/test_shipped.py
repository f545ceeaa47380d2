"""Shipped models and data: the manifest tells the truth about them, and a damaged file is named."""

import pytest
from safetensors.torch import save
from torch import nn

from core.build.check import check
from core.errors import TaskUnavailable, UnknownTask
from core.quality import METRICS
from core.tasks import catalog, load
from core.tasks.assets import ROOT, Assets, sha256
from tests.conftest import overwrite

TERMS = ("LICENSE.txt", "TERMS.txt")

LEAST = {
    "fashion-mlp": (0.895, 266_610),
    "fashion-lenet5": (0.915, 431_080),
    "fashion-resnet": (0.930, 170_298),
    "reuters-cnn": (0.95, 719_508),
    "reuters-minilm": (0.965, 10_464_776),
    "tales-lm": (58, 2_001_024),
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
    assert reached >= least if METRICS[task.info.metric].higher else reached < least
    data = Assets.open().manifest["data"][entry["data"]]
    assert entry["licence"] and data["licence"] and data["source"]


def test_the_catalogue_lists_what_ships():
    assert {info.name for info in catalog() if info.shipped} == set(LEAST)
    assert all(info.source and info.about for info in catalog())


def test_fields_that_lie_in_the_folder_stand_in_the_catalogue_in_their_stated_order():
    names = [info.name for info in catalog()]
    firsts = ("fashion-lenet5", "imagenet-resnet18", "reuters-cnn", "movielens-ncf", "cartpole-policy")
    assert sorted(firsts, key=names.index) == list(firsts)
    assert {info.domain for info in catalog()} == {"vision", "language", "recommendation", "control"}


def test_every_shipped_file_is_in_the_manifest_and_small():
    found = [path for folder in ("models", "data", "curves") for path in (ROOT / folder).rglob("*") if path.is_file()]
    files = {path.relative_to(ROOT).as_posix(): path for path in found}
    listed = Assets.open().manifest["files"]
    assert {name for name in files if not name.endswith(TERMS)} == {name for name in listed if not name.endswith(TERMS)}
    for name, entry in listed.items():
        content = files[name].read_bytes()
        assert sha256(content) == entry["sha256"]
        assert len(content) == entry["bytes"]
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) < 80e6


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
    one = f"{value:.1f}"
    told = {"Accuracy": f"{100 * value:.2f} %", "RMSE": f"{value:.3f}", "Return": one, "Perplexity": one}[metric]
    assert f"{metric} {told}" in line
