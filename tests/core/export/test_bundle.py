"""The download: what it holds, that its figures are true, and that nothing else is needed to open it."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile

import pytest
import torch
from safetensors.torch import load as load_weights

from core.export import bundle
from core.measure import Cost, cost
from core.pruning import PruningPlan, prune, shrink
from core.tuning import Recipe, fine_tune


@pytest.fixture(scope="module")
def parts(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.9))
    *_, final = fine_tune(mlp, pruned, Recipe())
    content = bundle(mlp, pruned, tuned=final.pruned, recipe=Recipe())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return pruned, final.model, {name: archive.read(name) for name in archive.namelist()}


def test_the_weights_are_the_tuned_ones_and_what_was_removed_is_zero(parts):
    pruned, tuned, files = parts
    weights, masks = load_weights(files["weights.safetensors"]), load_weights(files["masks.safetensors"])
    assert set(masks) == set(pruned.masks)
    for name, value in tuned.state_dict().items():
        assert torch.equal(weights[name], value)
    for name, mask in masks.items():
        assert mask.dtype == torch.bool
        assert torch.equal(mask, pruned.masks[name])
        assert (weights[name][~mask] == 0).all()


def test_metrics_tell_how_it_was_made_and_what_it_scored(parts, mlp):
    pruned, tuned, files = parts
    metrics = json.loads(files["metrics.json"])
    assert metrics["plan"] == PruningPlan(sparsity=0.9).to_dict()
    assert metrics["recipe"] == Recipe().to_dict()
    assert metrics["sparsity"] == pytest.approx(0.9, abs=1e-5)
    assert Cost(**metrics["cost"]) == cost(tuned)
    for stage, model in (("dense", mlp.model), ("pruned", pruned.model), ("fine-tuned", tuned)):
        for split, n in (("validation", 5_000), ("test", 10_000)):
            figure = metrics["figures"][stage][split]
            assert figure["value"] == pytest.approx(mlp.evaluate(model, split).value, abs=0.0002)
            assert figure["low"] < figure["value"] < figure["high"]
            assert figure["n"] == n
    assert torch.__version__.startswith(metrics["versions"]["torch"])
    for name, entry in metrics["files"].items():
        assert hashlib.sha256(files[name]).hexdigest() == entry["sha256"]


def test_the_readmes_own_lines_load_it_without_this_project(parts, tmp_path):
    _, tuned, files = parts
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    text = files["README.md"].decode()
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") and "pip install" not in line]
    lines += [
        "import torch, sys",
        "print(network(torch.ones(1, 1, 28, 28)).tolist())",
        "assert 'core' not in sys.modules",
    ]
    run = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; sys.path.insert(0, '.')\n" + "\n".join(lines)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    torch.testing.assert_close(torch.tensor(json.loads(run.stdout)), tuned(torch.ones(1, 1, 28, 28)))


def test_the_smaller_network_loads_by_the_readmes_lines_and_answers_the_same(lenet, tmp_path):
    pruned = prune(lenet, PruningPlan(sparsity=0.5, granularity="channel"))
    with zipfile.ZipFile(io.BytesIO(bundle(lenet, pruned))) as archive:
        archive.extractall(tmp_path)
    text = (tmp_path / "README.md").read_text()
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") and "pip install" not in line]
    script = [
        "import sys; sys.path.insert(0, '.')",
        *lines,
        "import torch",
        "print([sum(p.numel() for p in network.parameters()), network(torch.ones(1, 1, 28, 28)).tolist()])",
    ]
    command = [sys.executable, "-I", "-c", "\n".join(script)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    parameters, answers = json.loads(run.stdout)
    assert parameters == sum(p.numel() for p in shrink(pruned).parameters()) < 431_080 / 1.5
    torch.testing.assert_close(torch.tensor(answers), pruned.model(torch.ones(1, 1, 28, 28)), atol=1e-4, rtol=1e-4)


def test_the_same_network_makes_the_same_bytes(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.5))
    assert bundle(mlp, pruned) == bundle(mlp, pruned)


def test_an_unknown_format_is_refused(mlp):
    with pytest.raises(ValueError, match="No format named pickle"):
        bundle(mlp, prune(mlp, PruningPlan()), formats=("pickle",))
