"""Attention heads of torchvision's vision transformer, against a network whose heads are silenced by hand."""

import io
import zipfile
from pathlib import Path

import onnxruntime
import pytest
import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import VisionTransformer

from core.export import bundle
from core.measure import cost, macs
from core.pruning import PruningPlan, SmallerNetwork, prune, rank, resized, shrink, sizes
from core.tasks.base import prunable_parameters
from core.tasks.imagenet.attention import heads_of
from tests.core.pruning.networks import task_of

LAYERS = tuple(f"encoder.layers.encoder_layer_{place}.self_attention" for place in range(2))


def network():
    torch.manual_seed(0)
    model = VisionTransformer(
        image_size=32, patch_size=16, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=64, num_classes=3
    )
    for each in model.parameters():
        nn.init.normal_(each, std=0.3)
    return model.eval()


@pytest.fixture(scope="module")
def vit():
    inputs = torch.randn(12, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    task = task_of(network(), inputs, torch.arange(12) % 3)
    object.__setattr__(task, "heads", heads_of(task.model, task.example))
    return task


class Silenced(nn.Module):
    """Attention written out, in which some heads say nothing."""

    def __init__(self, whole, gone):
        super().__init__()
        self.whole, self.gone = whole, gone

    def forward(self, x, *_, **__):
        q, k, v = F.linear(x, self.whole.in_proj_weight, self.whole.in_proj_bias).chunk(3, -1)
        q, k, v = (each.unflatten(-1, (4, 8)).transpose(1, 2) for each in (q, k, v))
        said = (q @ k.transpose(-1, -2) / 8**0.5).softmax(-1) @ v
        said[:, self.gone] = 0
        return self.whole.out_proj(said.transpose(1, 2).flatten(2)), None


def gone(pruned, layer):
    """The heads of which nothing is left, by the projection behind."""
    return [h for h in range(4) if not pruned.masks[f"{layer}.out_proj.weight"][:, 8 * h : 8 * h + 8].any()]


@pytest.mark.parametrize("criterion", ["magnitude", "activation", "first-order", "random"])
def test_removing_heads_equals_silencing_them(vit, criterion):
    pruned = prune(vit, PruningPlan(sparsity=0.12, granularity="head", criterion=criterion))
    expected = network()
    for layer in LAYERS:
        expected.set_submodule(layer, Silenced(expected.get_submodule(layer), gone(pruned, layer)))
    assert sum(len(gone(pruned, layer)) for layer in LAYERS) >= 2
    x = torch.randn(5, 3, 32, 32)
    small = shrink(pruned)
    with torch.no_grad():
        torch.testing.assert_close(pruned.model(x), expected(x), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(small(x), expected(x), rtol=1e-4, atol=1e-4)
    for layer in LAYERS:
        left = 4 - len(gone(pruned, layer))
        assert small.get_parameter(f"{layer}.in_proj_weight").shape == (3 * 8 * max(left, 1), 32)
        assert small.get_parameter(f"{layer}.out_proj.weight").shape == (32, 8 * max(left, 1))


def test_the_tables_of_queries_keys_and_values_count_and_are_pruned_weight_by_weight(vit):
    names = [f"{layer}.in_proj_weight" for layer in LAYERS]
    assert set(names) <= set(prunable_parameters(vit.model)) == set(vit.prunable)
    for plan in (PruningPlan(sparsity=0.5), PruningPlan(granularity="2:4"), PruningPlan(sparsity=0.5, scope="row")):
        pruned = prune(vit, plan)
        kept = sum(int(torch.count_nonzero(pruned.model.get_parameter(name))) for name in vit.prunable)
        total = sum(vit.model.get_parameter(name).numel() for name in vit.prunable)
        assert pruned.sparsity == pytest.approx(1 - kept / total)
        assert all(0.2 < pruned.masks[name].float().mean() < 0.8 for name in names)


def test_a_weight_of_the_table_is_scored_by_what_it_is_multiplied_with(vit):
    seen = []
    model = network()
    layer = model.get_submodule(LAYERS[1])
    layer.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    (inputs, _) = next(iter(vit.batches("train", 12, torch.Generator().manual_seed(0))))
    with torch.no_grad():
        model(inputs)
    expected = layer.in_proj_weight.abs() * seen[0].flatten(0, 1).square().sum(0).sqrt()
    found = rank(vit, PruningPlan(criterion="activation"))
    assert not found.unscored
    torch.testing.assert_close(found.scores[f"{LAYERS[1]}.in_proj_weight"], expected.detach())


def test_operations_are_those_of_torchs_own_counter_and_fall_by_the_heads_that_are_gone(vit):
    dense = macs(vit.model, vit.example)
    small = shrink(prune(vit, PruningPlan(granularity="head", overrides={f"{LAYERS[0]}.in_proj_weight": 0.5})))
    found = macs(small, vit.example)
    assert found[LAYERS[0]] == dense[LAYERS[0]] / 2 == 5 * 32 * 3 * 16
    assert found[f"{LAYERS[0]}.out_proj"] == dense[f"{LAYERS[0]}.out_proj"] / 2
    assert found[LAYERS[1]] == dense[LAYERS[1]]
    with FlopCounterMode(display=False) as counter:  # with gradients, so that nothing is hidden from it
        small(vit.example)
    assert sum(found.values()) == pytest.approx(counter.get_total_flops() / 2, rel=0.02)
    assert cost(small).parameters == cost(vit.model).parameters - 2 * 8 * (3 * 33 + 32)


def test_a_smaller_network_learns_and_goes_back_into_the_whole_one(vit):
    pruned = prune(vit, PruningPlan(sparsity=0.12, granularity="head"))
    smaller = SmallerNetwork.of(pruned)
    again = resized(network(), sizes(smaller.model))
    again.load_state_dict(smaller.model.state_dict())
    x = torch.randn(3, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(x), pruned.model(x), rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(smaller.expand(smaller.model)(x), pruned.model(x))


def test_the_last_head_of_a_layer_stays_in_the_smaller_network(vit):
    pruned = prune(vit, PruningPlan(granularity="head", overrides={f"{LAYERS[0]}.in_proj_weight": 1.0}))
    assert shrink(pruned).get_parameter(f"{LAYERS[0]}.in_proj_weight").shape == (24, 32)


def test_the_lines_of_the_download_load_the_smaller_network(vit, tmp_path, monkeypatch):
    files = Path(tmp_path)
    pruned = prune(vit, PruningPlan(sparsity=0.12, granularity="head"))
    with zipfile.ZipFile(io.BytesIO(bundle(vit, pruned, ("safetensors", "onnx")))) as packed:
        packed.extractall(files)
    section = (files / "README.md").read_text().partition("## Load the smaller network")[2].partition("\nIt takes")[0]
    code = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))
    assert "cut_attention" in code
    monkeypatch.chdir(files)
    monkeypatch.syspath_prepend(str(files))
    known = {"network": network(), "load_file": load_file}
    exec(code, known)  # what a person pastes
    loaded = known["network"].eval()
    x = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(loaded(x), pruned.model(x), rtol=1e-4, atol=1e-4)
    assert sum(p.numel() for p in loaded.parameters()) < sum(p.numel() for p in vit.model.parameters())
    (said,) = onnxruntime.InferenceSession(files / "model.onnx").run(None, {"input": x.numpy()})
    torch.testing.assert_close(torch.from_numpy(said), pruned.model(x).detach(), rtol=1e-3, atol=1e-3)
