"""Small ONNX files made by hand, with onnx's own helper."""

import functools

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from core.onnx_files import read_onnx


def weight(*shape, seed=0, kind=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(kind)


def file_of(nodes, weights, inputs, outputs, opset=20, **more):
    """Return a model's bytes. weights: name -> array; inputs, outputs: name -> (type, shape)."""
    values = [[helper.make_tensor_value_info(name, *what) for name, what in each.items()] for each in (inputs, outputs)]
    tensors = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "g", *values, tensors)
    opsets = [helper.make_opsetid("", opset), *more.pop("opsets", ())]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, **more).SerializeToString()


def perceptron(**more):
    """Four numbers in, three classes out: a Gemm with its weight (out, in), a MatMul with its weight (in, out)."""
    nodes = [
        helper.make_node("Gemm", ["x", "w1", "b1"], ["h"], transB=1),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "w2"], ["y"]),
    ]
    weights = {"w1": weight(8, 4), "b1": weight(8, seed=1), "w2": weight(8, 3, seed=2)}
    return file_of(nodes, weights, {"x": (TensorProto.FLOAT, ["n", 4])}, {"y": (TensorProto.FLOAT, ["n", 3])}, **more)


@functools.cache
def read(content):
    """Read a file once for all tests; each reading starts a process."""
    return read_onnx(content)


def stored(content, name):
    """Return an initialiser as an array."""
    model = onnx.load_model_from_string(content)
    return next(numpy_helper.to_array(each) for each in model.graph.initializer if each.name == name)
