"""A download as a worker writes it: what is known is not judged again, and no bytes are sent twice."""

import io
import json
import zipfile

import pytest

from core.export import ExportFailed
from core.jobs.work import pack
from core.pruning import PruningPlan
from core.stages import Subject


def test_what_is_missing_is_judged_and_the_last_word_holds_no_bytes(mlp):
    known = {("dense", split): mlp.evaluate(mlp.model, split) for split in ("validation", "test")}
    plan = PruningPlan(sparsity=0.5)
    told = list(pack(lambda name: mlp, Subject("fashion-mlp", plan), None, ("safetensors",), "en", known))
    assert [each.done for each in told] == [0, 1, 2, 3, 3] and {each.of for each in told} == {3}
    assert [each.doing for each in told[:2]] == ["judging the pruned network"] * 2
    *_, file, last = told
    assert file.packed and last.packed is None
    with zipfile.ZipFile(io.BytesIO(file.packed)) as archive:
        figures = json.loads(archive.read("metrics.json"))["figures"]
    assert set(figures) == {"dense", "pruned"}
    assert figures["dense"]["test"]["value"] == known["dense", "test"].value


def test_the_whole_network_is_judged_alone(mlp):
    quality = mlp.evaluate(mlp.model)
    known = {("dense", split): quality for split in ("validation", "test")}
    *_, file, _ = pack(lambda name: mlp, Subject("fashion-mlp", stage="dense"), None, ("safetensors",), "en", known)
    with zipfile.ZipFile(io.BytesIO(file.packed)) as archive:
        assert set(json.loads(archive.read("metrics.json"))["figures"]) == {"dense"}


def test_what_cannot_be_written_is_its_sentence(mlp, monkeypatch):
    quality = mlp.evaluate(mlp.model)
    known = {(stage, split): quality for stage in ("dense", "pruned") for split in ("validation", "test")}
    with monkeypatch.context() as patch:
        patch.setattr("torch.onnx.export", lambda *_, **__: 1 / 0)
        with pytest.raises(ExportFailed, match="could not be written as ONNX"):
            list(
                pack(lambda name: mlp, Subject("fashion-mlp", PruningPlan(sparsity=0.5)), None, ("onnx",), "en", known)
            )
