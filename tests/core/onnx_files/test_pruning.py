"""Weights of ONNX files go as those of a torch network do, and nothing else in the file changes."""

import io

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from torch.nn.utils import prune as torch_prune

from core.errors import BadInput, BadPlan
from core.onnx_files import onnx_histograms, prune_onnx, score_onnx
from core.pruning import PruningPlan
from tests.core.onnx_files.graphs import file_of, perceptron, read, stored, weight

INPUT = np.random.default_rng(9).normal(size=(6, 4)).astype(np.float32)


def answers(content, **feeds):
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, feeds or {"x": INPUT})[0]


def test_pruning_nothing_gives_back_the_same_bytes():
    network = read(perceptron())
    assert prune_onnx(network, PruningPlan()).content == network.content
    assert prune_onnx(network, PruningPlan(sparsity=0.0)).content == network.content


def test_a_global_cut_removes_what_torch_removes():
    network = read(perceptron())
    one, two = torch.nn.Linear(4, 8), torch.nn.Linear(8, 3, bias=False)
    with torch.no_grad():
        one.weight.copy_(torch.from_numpy(stored(network.content, "w1")))
        one.bias.copy_(torch.from_numpy(stored(network.content, "b1")))
        two.weight.copy_(torch.from_numpy(stored(network.content, "w2")).T)
    torch_prune.global_unstructured(
        [(one, "weight"), (two, "weight")], torch_prune.L1Unstructured, amount=round(0.6 * 56)
    )
    pruned = prune_onnx(network, PruningPlan(sparsity=0.6))
    np.testing.assert_array_equal(pruned.masks["w1"], one.weight_mask.bool().numpy())
    np.testing.assert_array_equal(pruned.masks["w2"], two.weight_mask.bool().numpy().T)
    assert pruned.sparsity == pytest.approx(round(0.6 * 56) / 56)
    with torch.no_grad():
        expected = two(torch.relu(one(torch.from_numpy(INPUT)))).numpy()
    np.testing.assert_allclose(answers(pruned.content), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(stored(pruned.content, "b1"), stored(network.content, "b1"))


def test_two_of_four_neighbours_along_the_input_stay():
    pruned = prune_onnx(read(perceptron()), PruningPlan(granularity="2:4"))
    by_rows = stored(pruned.content, "w1").reshape(8, 1, 4)  # (out, in)
    by_columns = stored(pruned.content, "w2").T.reshape(3, 2, 4)  # (in, out), turned
    assert (np.count_nonzero(by_rows, -1) == 2).all() and (np.count_nonzero(by_columns, -1) == 2).all()


@pytest.mark.parametrize(
    ("nodes", "shape", "axes"),
    [
        ([("Transpose", ["w"], ["t"], {"perm": [1, 0]}), ("MatMul", ["x", "t"], ["y"], {})], (3, 4), (0, 1)),
        ([("Identity", ["w"], ["t"], {}), ("MatMul", ["x", "t"], ["y"], {})], (4, 3), (1, 0)),
        ([("Transpose", ["w"], ["t"], {}), ("Gemm", ["x", "t"], ["y"], {"transB": 1})], (4, 3), (1, 0)),
        ([("Transpose", ["x"], ["t"], {}), ("MatMul", ["w", "t"], ["s"], {}), ("Transpose", ["s"], ["y"], {})],
         (3, 4), (0, 1)),
    ],
)  # fmt: skip
def test_a_weight_is_found_behind_what_turns_it(nodes, shape, axes):
    made = [helper.make_node(name, ins, outs, **more) for name, ins, outs, more in nodes]
    values = {"x": (TensorProto.FLOAT, ["n", 4])}, {"y": (TensorProto.FLOAT, ["n", 3])}
    (found,) = read(file_of(made, {"w": weight(*shape)}, *values)).weights
    assert (found.name, found.axes) == ("w", axes)


def test_a_shared_weight_counts_once_and_a_table_stays_unless_asked():
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["e"]),
        helper.make_node("MatMul", ["e", "w"], ["h"]),
        helper.make_node("MatMul", ["h", "w"], ["i"]),
        helper.make_node("ReduceMean", ["i", "axes"], ["y"], keepdims=0),
    ]
    weights = {"table": weight(20, 6), "w": weight(6, 6, seed=1), "axes": np.array([1])}
    content = file_of(nodes, weights, {"ids": (TensorProto.INT64, ["n", "l"])}, {"y": (TensorProto.FLOAT, ["n", 6])})
    network = read(content)
    assert [(each.name, each.embedding) for each in network.weights] == [("table", True), ("w", False)]
    plain, with_tables = (prune_onnx(network, PruningPlan(sparsity=0.5, embeddings=each)) for each in (False, True))
    assert [layer.weights for layer in plain.layers] == [36] and not (stored(plain.content, "table") == 0).any()
    assert [layer.weights for layer in with_tables.layers] == [120, 36]


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_other_floats_keep_their_type_and_what_stays_keeps_its_bits(kind):
    value = weight(4, 3, kind=kind)
    number = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    content = file_of(nodes, {"w": value}, {"x": (number, ["n", 4])}, {"y": (number, ["n", 3])})
    pruned = prune_onnx(read(content), PruningPlan(sparsity=0.5))
    after = stored(pruned.content, "w")
    assert after.dtype == kind and np.count_nonzero(after) == 6
    np.testing.assert_array_equal(after[pruned.masks["w"]], value[pruned.masks["w"]])


def test_weights_written_as_single_numbers_are_pruned_too():
    model = onnx.load_model_from_string(perceptron())
    for tensor in model.graph.initializer:
        values = np.frombuffer(tensor.raw_data, np.float32).tolist()
        tensor.ClearField("raw_data")
        tensor.float_data.extend(values)
    pruned = prune_onnx(read(model.SerializeToString()), PruningPlan(sparsity=0.5))
    np.testing.assert_array_equal(
        answers(pruned.content), answers(prune_onnx(read(perceptron()), PruningPlan(sparsity=0.5)).content)
    )


def test_histograms_count_every_weight_under_its_own_name():
    network, plan = read(perceptron()), PruningPlan()
    one, two = onnx_histograms(score_onnx(network, plan), plan, (0.0, 0.5), bins=10)
    assert (one.name, sum(one.counts), two.name, sum(two.counts)) == ("w1", 32, "w2", 24)
    kept = {layer.name: layer.kept / layer.weights for layer in prune_onnx(network, PruningPlan(sparsity=0.5)).layers}
    assert (one.kept[1], two.kept[1]) == (round(kept["w1"], 4), round(kept["w2"], 4))


def test_what_needs_gradients_or_units_names_the_way_out():
    network = read(perceptron())
    for plan in (PruningPlan(granularity="neuron"), PruningPlan(criterion="first-order")):
        with pytest.raises(BadPlan, match="architecture that is here"):
            prune_onnx(network, plan)


def test_a_layer_of_a_strange_name_can_go_its_own_way():
    content = perceptron().replace(b"w2", b"..")
    pruned = prune_onnx(read(content), PruningPlan(sparsity=0.5, overrides={"..": 0.0}))
    assert {layer.name: layer.kept for layer in pruned.layers} == {"w1": 16, "..": 24}


def test_a_network_of_whole_numbers_is_told_so():
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s"], ["w"]),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    weights = {"q": np.ones((4, 3), np.int8), "s": np.float32(0.1)}
    values = {"x": (TensorProto.FLOAT, ["n", 4])}, {"y": (TensorProto.FLOAT, ["n", 3])}
    network = read(file_of(nodes, {name: np.asarray(each) for name, each in weights.items()}, *values))
    assert network.quantised
    with pytest.raises(BadInput, match="whole numbers already"):
        prune_onnx(network, PruningPlan(sparsity=0.5))


def test_an_exported_convolution_is_pruned_as_torch_has_it():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(2, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(16, 3))
    example = torch.randn(2, 2, 4, 4)
    packed = io.BytesIO()
    torch.onnx.export(network.eval(), (example,), packed, dynamo=False, input_names=["x"])
    pruned = prune_onnx(read(packed.getvalue()), PruningPlan(sparsity=0.7))
    torch_prune.global_unstructured(
        [(network[0], "weight"), (network[3], "weight")], torch_prune.L1Unstructured, amount=0.7
    )
    with torch.no_grad():
        expected = network(example).numpy()
    np.testing.assert_allclose(answers(pruned.content, x=example.numpy()), expected, rtol=1e-4, atol=1e-5)
