"""Engines answer as PyTorch does, int8 nearly so; what is said of them follows from what was measured."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from core.engines import ENGINES, EngineFigures, engine_advice, engine_figures
from core.engines.base import Shipped
from core.engines.kinds import open_vino_bf16
from core.measure import Latency, change
from core.pruning import PruningPlan, prune

QUICK = ("torch", "onnxruntime", "onnxruntime-int8")


@pytest.fixture(scope="module")
def channels(lenet):
    return prune(lenet, PruningPlan(sparsity=0.5, granularity="channel"))


@pytest.fixture(scope="module")
def measured(lenet, channels):
    *_, last = engine_figures(lenet, channels, 300, QUICK, seconds=0.1)
    return last


@pytest.mark.parametrize("name", [name for name, engine in ENGINES.items() if not engine.missing and not engine.slow])
def test_an_engine_answers_as_pytorch_does(lenet, channels, name):
    inputs, _ = next(iter(lenet.batches("validation", 9, torch.Generator().manual_seed(3), ())))
    prepared = ENGINES[name].prepare(Shipped(lenet, channels))
    for some in (inputs, inputs[:1]):
        with torch.no_grad():
            expected = channels.model(some)
        found = prepared.answer(some)
        if prepared.exact:
            torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
        else:
            assert float((found - expected).abs().mean()) < 0.1 * float(expected.abs().mean())
    assert prepared.size > 0


def test_all_engines_are_judged_and_timed(measured):
    runs = {(name, network) for name in QUICK for network in ("dense", "shipped")}
    assert set(measured.files) == set(measured.quality) == set(measured.changes) == runs
    assert all(set(times) == runs for times in measured.latency.values())
    assert set(measured.latency) == {1, 64}
    assert not measured.zeros
    assert measured.doing == ""


def test_files_are_smaller_in_int8_and_without_channels(measured):
    for network in ("dense", "shipped"):
        assert measured.files["onnxruntime-int8", network] < 0.4 * measured.files["onnxruntime", network]
    for name in QUICK:
        assert measured.files[name, "shipped"] < 0.7 * measured.files[name, "dense"]


def test_quality_is_that_of_the_network_and_changes_are_against_dense_pytorch(lenet, channels, measured):
    dense, pruned = (lenet.evaluate(model, "validation", 300) for model in (lenet.model, channels.model))
    assert measured.quality["torch", "dense"].value == dense.value
    assert measured.quality["onnxruntime", "shipped"].value == pruned.value
    assert measured.changes["onnxruntime", "shipped"] == change(dense, pruned)
    assert abs(measured.changes["onnxruntime-int8", "dense"].value) < 0.03


def test_an_engine_that_is_not_here_is_left_out_with_a_reason(tiny, monkeypatch):
    gone = replace(ENGINES["onnxruntime"], needs=("no_such_engine",))
    monkeypatch.setattr("core.engines.measuring.ENGINES", {**ENGINES, "onnxruntime": gone})
    *_, last = engine_figures(tiny, prune(tiny, PruningPlan(sparsity=0.5)), None, ("torch", "onnxruntime"), 0.05)
    assert "no_such_engine" in last.left_out["onnxruntime"]
    assert set(last.files) == {("torch", "dense"), ("torch", "shipped")}
    assert last.zeros


@pytest.mark.parametrize(("capabilities", "missing"), [(["FP32", "BF16"], False), (["FP32", "INT8"], True)])
def test_bfloat16_is_offered_where_the_processor_computes_in_it(monkeypatch, capabilities, missing):
    core = SimpleNamespace(get_property=lambda device, name: capabilities)
    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=lambda: core))
    assert ("bfloat16" in open_vino_bf16.why_missing()) == missing


def figures(measured: EngineFigures, zeros: bool, milliseconds: dict[tuple[str, str], float], lost: float = 0.0):
    """The same with other times: quartiles one hundredth around the median; int8 loses so much."""
    times = {run: Latency(ms, 0.99 * ms, 1.01 * ms, 50) for run, ms in milliseconds.items()}
    worse = {
        run: replace(by, value=-lost if run[0] == "onnxruntime-int8" else 0.0) for run, by in measured.changes.items()
    }
    return replace(measured, zeros=zeros, latency={1: times}, changes=worse)


TIMES = {
    ("torch", "dense"): 1.0,
    ("torch", "shipped"): 1.0,
    ("onnxruntime", "dense"): 0.5,
    ("onnxruntime", "shipped"): 0.5,
    ("onnxruntime-int8", "dense"): 0.2,
    ("onnxruntime-int8", "shipped"): 0.1,
}


def test_the_fastest_is_named_against_pytorch_and_against_its_own_engine(measured):
    said = " ".join(engine_advice(figures(measured, False, TIMES)))
    assert "10.0 times the speed of the dense network in PyTorch, 2.0 times that of the dense one in the same" in said


def test_what_loses_more_than_a_point_is_not_named(measured):
    said = " ".join(engine_advice(figures(measured, False, TIMES, lost=0.02)))
    assert "int8" not in said
    assert "2.0 times the speed of the dense network in PyTorch, 1.0 times" in said


def test_zeros_that_bring_no_time_are_told(measured):
    said = engine_advice(figures(measured, True, TIMES))[-1]
    assert said.startswith("Zeros bring no time in: PyTorch; ONNX Runtime.")
    assert not any(each.startswith("Zeros") for each in engine_advice(figures(measured, False, TIMES)))
