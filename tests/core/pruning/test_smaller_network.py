"""The smaller network is checked before anybody gets it: it says the same, or a sentence names the layers."""

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn

from core.errors import BadPlan
from core.export import bundle
from core.jobs.work import report
from core.measure import measure_candidate, search, shipping_figures, variants
from core.measure.budget import Budget
from core.pruning import PruningPlan, prune, shrink
from core.quality import proportion
from core.stages import Subject
from core.tasks.base import Packaging
from core.tasks.imagenet.networks import NETWORKS
from core.tuning import Recipe, fine_tune
from tests.core.pruning.networks import task_of, task_with

UNITS = PruningPlan(sparsity=0.4, granularity="channel", scope="layer")


class ChannelShuffle(nn.Module):
    def forward(self, x):
        return x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1, 2)


class MultipliesDepth(nn.Module):
    """A depthwise layer with two filters for each channel."""

    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(8, 16, 3, groups=8)

    def forward(self, x):
        return self.body(x)


def conv(inputs=4, outputs=8, **more):
    return nn.Conv2d(inputs, outputs, 3, **more)


def activated(function):
    return conv(), function, conv(8, 8)


TOYS = {
    "relu": activated(nn.ReLU()),
    "sigmoid": activated(nn.Sigmoid()),
    "softplus": activated(nn.Softplus()),
    "softmax over channels": activated(nn.Softmax(1)),
    "elu": activated(nn.ELU()),
    "hard sigmoid": activated(nn.Hardsigmoid()),
    "batch norm without affine": (conv(), nn.BatchNorm2d(8, affine=False), nn.ReLU(), conv(8, 8)),
    "batch norm": (conv(), nn.BatchNorm2d(8), nn.ReLU(), conv(8, 8)),
    "instance norm": (conv(), nn.InstanceNorm2d(8), nn.ReLU(), conv(8, 8)),
    "group norm": (conv(), nn.GroupNorm(2, 8), nn.ReLU(), conv(8, 8)),
    "layer norm": (conv(), nn.LayerNorm([8, 6, 6]), nn.ReLU(), conv(8, 8)),
    "rms norm": (conv(), nn.RMSNorm([8, 6, 6]), nn.ReLU(), conv(8, 8)),
    "local response norm": (conv(), nn.LocalResponseNorm(3), nn.ReLU(), conv(8, 8)),
    "four groups": (conv(4, 8), nn.ReLU(), conv(8, 8, groups=4), nn.ReLU(), conv(8, 8)),
    "depthwise": (conv(4, 8), nn.ReLU(), conv(8, 8, groups=8), nn.ReLU(), conv(8, 8)),
    "depth multiplier": (conv(4, 8), nn.ReLU(), MultipliesDepth(), nn.ReLU(), conv(16, 8)),
    "pixel shuffle": (conv(4, 8), nn.ReLU(), nn.PixelShuffle(2), conv(2, 8)),
    "channel shuffle": (conv(4, 8), nn.ReLU(), ChannelShuffle(), conv(8, 8)),
    "torch's channel shuffle": (conv(4, 8), nn.ReLU(), nn.ChannelShuffle(2), conv(8, 8)),
    "padding same": (conv(padding="same"), nn.ReLU(), conv(8, 8, padding="same", dilation=2)),
    "circular padding": (conv(padding=1, padding_mode="circular"), nn.ReLU(), conv(8, 8)),
    "transposed": (conv(), nn.ReLU(), nn.ConvTranspose2d(8, 8, 3), nn.ReLU(), conv(8, 8)),
    "gated": (conv(4, 8), nn.GLU(1), conv(4, 8)),
}


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("criterion", ["magnitude", "activation", "first-order", "zero-activations"])
def test_a_smaller_network_says_the_same_or_a_sentence_names_its_layers(toy, criterion):
    task = task_with(*TOYS[toy])
    try:
        pruned = prune(task, replace(UNITS, criterion=criterion))
    except BadPlan as error:
        assert error.what.endswith(".") and error.advice.endswith(".")
        return
    inputs, _ = next(iter(task.batches("validation", 24, torch.Generator(), ())))
    try:
        small = shrink(pruned)
    except BadPlan as error:
        assert "answer differently" in error.what or "cannot be taken out" in error.what
        assert any(layer.name.removesuffix(".weight") in error.what for layer in pruned.layers)
    else:
        with torch.no_grad():
            torch.testing.assert_close(small(inputs), pruned.model(inputs), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("toy", ["relu", "batch norm", "depthwise", "padding same", "transposed"])
def test_what_can_be_made_smaller_is(toy):
    task = task_with(*TOYS[toy])
    small = shrink(prune(task, UNITS))
    assert sum(p.numel() for p in small.parameters()) < sum(p.numel() for p in task.model.parameters())


@pytest.mark.parametrize("toy", ["sigmoid", "softplus", "batch norm without affine", "hard sigmoid"])
def test_what_makes_something_of_zero_is_refused_and_the_masked_network_stays(toy):
    task = task_with(*TOYS[toy])
    pruned = prune(task, UNITS)
    with pytest.raises(BadPlan, match=r"what follows 0 makes something of zero"):
        shrink(pruned)
    models, left_out = variants(task.model, pruned)
    assert set(models) == {"dense", "with zeros"} and "answer differently" in left_out["smaller"]
    *_, last = fine_tune(task, pruned, Recipe(epochs=2, batch_size=8))
    for name, mask in {**last.pruned.masks, **last.pruned.companion_masks}.items():
        assert not last.model.get_parameter(name)[~mask].any()
    found = measure_candidate(task, pruned, proportion(1, 2))
    assert found.parameters == sum(p.numel() for p in task.model.parameters())
    *_, weighed = shipping_figures(task, pruned)
    assert "smaller" not in weighed.latency[1]
    assert len(list(search(task, Budget(size=10**6), (UNITS,), (0.5,), 0))) > 1


def test_a_download_without_a_smaller_network_says_why():
    task = task_with(*TOYS["sigmoid"])
    content = bundle(
        replace(task, packaging=Packaging(constructor=("toys", "build", ""))), prune(task, UNITS), ("safetensors",)
    )
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "small.safetensors" not in archive.namelist()
        assert "would answer differently" in archive.read("README.md").decode()


def any_size(key, side):
    """A task of pictures with one of torchvision's networks as somebody would fetch it, with random weights."""
    torch.manual_seed(0)
    model = torchvision.models.get_model(key).eval()
    inputs = torch.randn(4, 3, side, side, generator=torch.Generator().manual_seed(1))
    task = task_of(model, inputs, torch.arange(4) % 3)
    return replace(task, packaging=Packaging(constructor=("torchvision.models", "get_model", f'"{key}"')))


SMALL_SIDE = {"vit_b_16": 224}
"""Pixels that a network needs at least, where 64 are too few."""


@pytest.mark.parametrize("scope", ["global", "layer"])
def test_mobilenet_v3_small_answers_alike_without_its_removed_channels(scope):
    torch.manual_seed(0)
    model = torchvision.models.mobilenet_v3_small(width_mult=0.5, num_classes=5).eval()
    for each in model.modules():  # as if it had learned: its gates and batch norms make something of what comes in
        if isinstance(each, nn.BatchNorm2d):
            each.running_mean.normal_(0, 0.1)
            each.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(each.weight, 0.5, 1.5)
            nn.init.normal_(each.bias, 0, 0.1)
    inputs = torch.randn(6, 3, 64, 64)
    task = task_of(model, inputs, torch.arange(6) % 5)
    pruned = prune(task, PruningPlan(sparsity=0.4, granularity="channel", scope=scope))
    small = shrink(pruned)
    assert pruned.sparsity == pytest.approx(0.4, abs=0.02)
    assert sum(p.numel() for p in small.parameters()) < 0.7 * sum(p.numel() for p in model.parameters())
    with torch.no_grad():
        torch.testing.assert_close(small(inputs), pruned.model(inputs), rtol=1e-4, atol=1e-4)
        assert not torch.allclose(small(inputs), model(inputs), atol=1e-3)


@pytest.mark.parametrize("key", NETWORKS)
def test_every_network_of_the_list_loads_smaller_by_the_downloads_own_lines(key, tmp_path):
    task = any_size(key, SMALL_SIDE.get(key, 64))
    try:
        pruned = prune(task, PruningPlan(sparsity=0.3, granularity="channel", scope="layer"))
        small = shrink(pruned)
    except BadPlan as error:
        assert key in ("shufflenet_v2_x1_0",), error
        return
    judged = {(stage, split): proportion(1, 4) for stage in ("dense", "pruned") for split in ("validation", "test")}
    if key in ("vgg16_bn", "vit_b_16", "convnext_tiny", "resnet50"):  # the same lines, without half a gigabyte on disk
        with torch.no_grad():
            inputs = pruned.examples()
            torch.testing.assert_close(small(inputs), pruned.model(inputs), rtol=1e-4, atol=1e-4)
        return
    with zipfile.ZipFile(io.BytesIO(bundle(task, pruned, judged=judged))) as archive:
        archive.extractall(tmp_path)
    torch.save(pruned.examples(), tmp_path / "inputs.pt")
    text = (tmp_path / "README.md").read_text()
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") and "pip install" not in line]
    script = [*lines, "import torch", "network.eval()", "x = torch.load('inputs.pt')", "y = network(x)"]
    script += ["torch.save(y.detach(), 'said.pt')", "print(sum(p.numel() for p in network.parameters()))"]
    command = [sys.executable, "-I", "-c", "\n".join(script)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == sum(p.numel() for p in small.parameters())
    assert json.loads(run.stdout) < 0.9 * task.info.parameters
    with torch.no_grad():
        expected = pruned.model(pruned.examples())
    torch.testing.assert_close(torch.load(tmp_path / "said.pt"), expected, rtol=1e-3, atol=1e-3)


def test_a_variant_that_cannot_be_is_left_out_with_a_reason(attentive):
    pruned = prune(attentive, PruningPlan(sparsity=0.5))
    models, left_out = variants(attentive.model, pruned)
    assert set(models) == {"dense", "with zeros"}
    assert "sparse" in left_out["sparse (CSR)"]
    *_, weighed = shipping_figures(attentive, pruned)
    assert set(weighed.latency[64]) == {"dense", "with zeros"}
    *_, last = report(lambda name: attentive, Subject("attentive", PruningPlan(sparsity=0.5)))
    assert "Left out, sparse (CSR)" in last.page
