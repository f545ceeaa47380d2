"""Hostile ONNX files are a sentence: damaged, pointing elsewhere, foreign, without end, or far too large."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from core.errors import BadInput
from core.onnx_files import answers, number_feeds, process, read_onnx, wire
from tests.core.onnx_files.graphs import file_of, perceptron, read, weight

X, Y = {"x": (TensorProto.FLOAT, ["n", 4])}, {"y": (TensorProto.FLOAT, ["n", 3])}


def changed(change):
    model = onnx.load_model_from_string(perceptron())
    change(model)
    return model.SerializeToString()


def varint(value):
    return bytes([value & 127 | 128, value >> 7 & 127 | 128, value >> 14])


def external(model):
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def claims_more(model):
    model.graph.initializer[0].dims[0] = 2**50


def negative(model):
    model.graph.initializer[0].dims[0] = -8


def custom(model):
    model.graph.node[1].domain = "evil.example"
    model.opset_import.append(helper.make_opsetid("evil.example", 1))


def function(model):
    body = [helper.make_node("Relu", ["a"], ["b"])]
    model.functions.append(helper.make_function("own", "F", ["a"], ["b"], body, [helper.make_opsetid("", 20)]))


def loop(model):
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"])],
        "body",
        [helper.make_tensor_value_info(name, kind, []) for name, kind in (("i", 7), ("c", 9))],
        [helper.make_tensor_value_info("d", 9, [])],
    )
    model.graph.node.append(helper.make_node("Loop", ["", ""], [], body=body))


def new_opset(model):
    model.opset_import[0].version = 999


def no_such_operator(model):
    model.graph.node[1].op_type = "Rleu"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (external, "another file"),
        (claims_more, "less or more than it says"),
        (negative, "less or more than it says"),
        (custom, "not standard ones: evil.example"),
        (function, "operators of its own"),
        (loop, "may run without end"),
        (new_opset, "version 999"),
        (no_such_operator, "onnxruntime says"),
        (lambda model: model.ClearField("graph"), "not an ONNX file"),
    ],
)
def test_a_file_that_needs_more_than_itself_is_a_sentence(change, said):
    with pytest.raises(BadInput, match=said):
        read_onnx(changed(change))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 a zip", b"\x80\x05pickle", bytes(4000), b"\x3a\xff\xff\xff\xff\x0f"]
)
def test_what_is_no_onnx_at_all_is_a_sentence(content):
    with pytest.raises(BadInput):
        read_onnx(content)


def test_every_cut_of_a_file_is_a_sentence_or_a_network():
    content = perceptron()
    for end in range(1, len(content), 97):
        with pytest.raises(BadInput):
            wire.check_outside(content[:end])


def test_a_bomb_of_small_parts_is_refused_before_it_is_parsed(monkeypatch):
    notes = changed(lambda model: setattr(model, "doc_string", "x" * (wire.MAX_DESCRIPTION_BYTES + 9)))
    monkeypatch.setattr(wire, "MAX_ENTRIES", 20_000)
    monkeypatch.setattr(onnx, "load_model_from_string", lambda *_: pytest.fail("it was parsed"))
    node = b"\x0a\x00"  # an empty node in a graph
    attributes = b"\x0a" + varint(2 * wire.MAX_ENTRIES + 2) + b"\x2a\x00" * (wire.MAX_ENTRIES + 1)
    for inner in (node * (wire.MAX_ENTRIES + 1), attributes):
        with pytest.raises(BadInput, match="parts"):
            read_onnx(b"\x3a" + varint(len(inner)) + inner)
    with pytest.raises(BadInput, match="are not weights"):
        read_onnx(notes)


def test_a_file_that_asks_for_endless_memory_ends_alone():
    nodes = [
        helper.make_node("ConstantOfShape", ["shape"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["s"], keepdims=0),
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("Add", ["h", "s"], ["y"]),
    ]
    weights = {"shape": np.array([2**20, 2**20]), "w": weight(4, 3)}
    with pytest.raises(BadInput, match=r"memory|onnxruntime says|ended"):
        network = read_onnx(file_of(nodes, weights, X, Y))
        list(answers(network, network.content, lambda rows: number_feeds(network, rows), [[0.0] * 4]))


def test_a_file_that_takes_too_long_is_ended(monkeypatch):
    network = read(perceptron())
    monkeypatch.setattr(process, "LOAD_TIME", 0.0)
    with pytest.raises(BadInput, match="not done after"):
        read_onnx(network.content)


def test_what_a_file_reads_and_answers_is_told():
    network = read(perceptron())
    assert network.inputs == (process.Place("x", "tensor(float)", (None, 4)),)
    assert network.outputs[0].shape == (None, 3)
    assert (network.opset, network.parameters, network.prunable) == (20, 64, 56)
    assert dict(network.operators) == {"Gemm": 1, "Relu": 1, "MatMul": 1}
