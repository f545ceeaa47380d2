"""Every form a network can be taken home in: loaded by its README's own lines, and compared with the network."""

import copy
import errno
import io
import json
import subprocess
import sys
import zipfile

import onnxruntime
import pytest
import torch

from core.export import FORMATS, ExportFailed, bundle
from core.export.formats import base, programs
from core.pruning import PruningPlan, prune, shrink
from core.sharing import from_range_coded
from core.tasks import catalog, load


def judged(task, model):
    """Figures that a test need not measure again."""
    figure = task.evaluate(model, "validation", 20)
    return {(stage, split): figure for stage in ("dense", "pruned") for split in ("validation", "test")}


@pytest.mark.parametrize("name", [info.name for info in catalog() if info.shipped])
def test_the_onnx_of_every_task_answers_as_the_network_does(name):
    task = load(name)
    pruned = prune(task, PruningPlan(sparsity=0.6))
    session = onnxruntime.InferenceSession(FORMATS["onnx"].build(task, pruned), providers=["CPUExecutionProvider"])
    drawn = torch.Generator().manual_seed(5)
    for many in (1, 7):
        inputs, _ = next(iter(task.batches("test", many, drawn, ())))
        (found,) = session.run(None, {"input": inputs.numpy()})
        with torch.no_grad():
            torch.testing.assert_close(torch.from_numpy(found), pruned.model(inputs), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["fashion-resnet", "reuters-cnn"])
def test_whole_units_are_left_out_of_what_runs_elsewhere(name):
    task = load(name)
    pruned = prune(task, PruningPlan(sparsity=0.5, granularity="channel"))
    content = FORMATS["onnx"].build(task, pruned)
    assert len(content) < len(FORMATS["onnx"].build(task, prune(task, PruningPlan())))
    kept = sum(p.numel() for p in shrink(pruned).parameters())
    assert 4 * kept * 0.9 < len(content) < 4 * kept + 100_000  # besides the weights a description of the graph
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    inputs, _ = next(iter(task.batches("test", 5, torch.Generator().manual_seed(0), ())))
    (found,) = session.run(None, {"input": inputs.numpy()})
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), pruned.model(inputs), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("form", ["sparse", "pt2", "onnx", "shared"])
def test_the_readmes_own_lines_load_it_without_this_project(lenet, tmp_path, form):
    pruned = prune(lenet, PruningPlan(sparsity=0.9))
    with zipfile.ZipFile(io.BytesIO(bundle(lenet, pruned, (form,), judged=judged(lenet, pruned.model)))) as archive:
        archive.extractall(tmp_path)
    assert (tmp_path / FORMATS[form].file).exists()
    text = (tmp_path / "README.md").read_text()
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") and "pip install" not in line]
    ask = "network(torch.ones(1, 1, 28, 28)).tolist()" if form != "onnx" else "answers.tolist()"
    first = ["import sys; sys.path.insert(0, '.')", "import numpy", "inputs = numpy.ones((1, 1, 28, 28), 'float32')"]
    script = [*first, *lines, f"import json; print(json.dumps({ask}))", "assert 'core' not in sys.modules"]
    command = [sys.executable, "-I", "-W", "ignore", "-c", "\n".join(script)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    shipped = pruned.model
    if form == "shared":  # its values are rounded and tuned; the file itself is compared in tests of sharing
        shipped = from_range_coded((tmp_path / FORMATS[form].file).read_bytes(), lenet.model)
        assert "How good the shared weights are" in text
    with torch.no_grad():
        expected = shipped(torch.ones(1, 1, 28, 28))
    torch.testing.assert_close(torch.tensor(json.loads(run.stdout)), expected, rtol=1e-4, atol=1e-4)


def test_the_model_card_tells_plan_licence_and_limits(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.9, scope="lamp"))
    files = bundle(mlp, pruned, ("sparse",), judged=judged(mlp, pruned.model))
    with zipfile.ZipFile(io.BytesIO(files)) as archive:
        card = archive.read("README.md").decode()
        assert "masks.safetensors" not in archive.namelist()
    assert "scope lamp" in card and "sparsity 0.9" in card
    assert mlp.info.source in card and "MIT" in card
    assert "where its limits are" in card
    for name in ("sparse.safetensors", "model.py", "metrics.json"):
        assert f"`{name}`" in card


def test_the_size_is_told_before_the_file_is_made(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.9))
    for name in ("safetensors", "sparse", "pt2", "onnx", "shared"):
        told, real = FORMATS[name].size(pruned), len(FORMATS[name].build(mlp, pruned))
        assert told == pytest.approx(real, rel=0.15 if name == "shared" else 0.06), name


def test_a_file_that_answers_differently_is_thrown_away(mlp, monkeypatch):
    pruned = prune(mlp, PruningPlan(sparsity=0.5))

    class Wrong:
        def __init__(self, *args, **kwargs):
            pass

        def run(self, names, given):
            return [torch.zeros(len(given["input"]), 10).numpy()]

    monkeypatch.setattr(onnxruntime, "InferenceSession", Wrong)
    with pytest.raises(ExportFailed, match="answers differently"):
        FORMATS["onnx"].build(mlp, pruned)


def test_a_network_that_cannot_be_traced_is_a_sentence(mlp):
    pruned = prune(mlp, PruningPlan(sparsity=0.5))

    class Moody(torch.nn.Module):
        def forward(self, inputs):
            return inputs.flatten(1)[:, :10] * (2 if float(inputs.sum()) > 0 else 1)

    broken = copy.copy(pruned)
    object.__setattr__(broken, "model", Moody())
    for name in ("onnx", "pt2"):
        with pytest.raises(ExportFailed, match="could not be written"):
            FORMATS[name].build(mlp, broken)


def test_a_missing_package_is_a_sentence(mlp, monkeypatch):
    monkeypatch.setattr(base, "find_spec", lambda name: None if name == "onnxscript" else object())
    assert FORMATS["onnx"].missing == ("onnxscript",)
    with pytest.raises(ExportFailed, match="onnxscript"):
        FORMATS["onnx"].build(mlp, prune(mlp, PruningPlan(sparsity=0.5)))


@pytest.mark.parametrize("form", ["onnx", "pt2"])
def test_a_full_disk_is_named_with_its_folder(mlp, form, monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(programs.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(programs.tempfile, "TemporaryDirectory", full)
    monkeypatch.setattr(torch.export, "save", full)
    with pytest.raises(ExportFailed, match="disk of this server has no room in") as told:
        bundle(mlp, prune(mlp, PruningPlan(sparsity=0.5)), (form,), judged=judged(mlp, mlp.model))
    assert str(tmp_path) in told.value.what


def test_a_disk_that_fills_up_while_a_file_is_written_is_named(mlp, monkeypatch):
    def fills_up(*_, **__):
        raise RuntimeError("could not serialise") from OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch.onnx, "export", fills_up)
    with pytest.raises(ExportFailed, match="no room in"):
        bundle(mlp, prune(mlp, PruningPlan(sparsity=0.5)), ("onnx",), judged=judged(mlp, mlp.model))


def test_each_format_says_what_its_file_holds():
    assert list(FORMATS) == ["safetensors", "sparse", "shared", "onnx", "pt2"]
    assert all(each.file in each.contents for each in FORMATS.values())
