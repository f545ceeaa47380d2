"""The weights of an ONNX graph that may be pruned: found from the operators that multiply with them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, numpy_helper

FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)
"""Types of elements that can be pruned."""

PASSED = ("Identity", "Cast", "Transpose")
"""Operators behind which a weight is looked for; none of them turns a zero into something else."""

QUANTISED_OPERATORS = ("DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "QLinearConv")
"""Operators by which a network that is in whole numbers already is told, besides those that begin with QLinear."""

MOST_PASSED = 8
"""Operators that are followed from a use back to its weight."""

Axes = tuple[int, ...]


@dataclass(frozen=True)
class Weight:
    """Describe one prunable weight.

    name: of its initialiser.
    operator: the first that multiplies with it, as in "Conv".
    shape: as it is stored; axes: the order of its dimensions that makes it (out, in, ...), as pruning reads it.
    embedding: whether it is a table in which rows are looked up.
    """

    name: str
    operator: str
    shape: tuple[int, ...]
    axes: Axes
    embedding: bool = False

    @property
    def count(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class _Use:
    """Say which input of an operator is a weight, and how its dimensions lie."""

    input: int
    axes: Callable[[NodeProto, int], Axes]


def _columns_first(node: NodeProto, rank: int) -> Axes:
    """(..., in, out) -> (out, in, ...)."""
    return (rank - 1, rank - 2, *range(rank - 2))


def _rows_first(node: NodeProto, rank: int) -> Axes:
    """(..., out, in) -> (out, in, ...)."""
    return (rank - 2, rank - 1, *range(rank - 2))


def _as_stored(node: NodeProto, rank: int) -> Axes:
    return tuple(range(rank))


def _turned(
    name: str, otherwise: Callable[[NodeProto, int], Axes], where_so: Callable[[NodeProto, int], Axes]
) -> Callable[[NodeProto, int], Axes]:
    """Choose by an attribute of the operator that is 0 or 1."""
    return lambda node, rank: (where_so if _number(node, name) else otherwise)(node, rank)


_PRODUCT = (_Use(1, _columns_first), _Use(0, _rows_first))
_FUSED_PRODUCT = (
    _Use(1, _turned("transB", _columns_first, _rows_first)),
    _Use(0, _turned("transA", _rows_first, _columns_first)),
)
_CONVOLUTION = (_Use(1, _as_stored),)
_RECURRENT = (_Use(1, lambda node, rank: (1, 2, 0)), _Use(2, lambda node, rank: (1, 2, 0)))

USES: Mapping[str, tuple[_Use, ...]] = {
    "Gemm": _FUSED_PRODUCT,
    "FusedGemm": _FUSED_PRODUCT,
    "MatMul": _PRODUCT,
    "FusedMatMul": _FUSED_PRODUCT,
    "Conv": _CONVOLUTION,
    "FusedConv": _CONVOLUTION,
    "ConvTranspose": (_Use(1, lambda node, rank: (1, 0, *range(2, rank))),),
    "LSTM": _RECURRENT,
    "GRU": _RECURRENT,
    "RNN": _RECURRENT,
    "Gather": (_Use(0, _as_stored),),
}
"""Operator -> which of its inputs may be a weight. Source: the operators' specification at onnx.ai."""


def find_weights(graph: GraphProto) -> tuple[Weight, ...]:
    """List the prunable weights of a graph in the order in which data meets them, shared ones once."""
    stored = {each.name: each for each in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    found: dict[str, Weight] = {}
    looked_up = set()
    for node in graph.node:
        for use in USES.get(node.op_type, ()):
            source = _source(node, use.input, makers)
            if source is None or source[0] not in stored:
                continue
            name, moves = source
            tensor = stored[name]
            shape = tuple(tensor.dims)
            if tensor.data_type not in FLOATS or len(shape) < 2 or not math.prod(shape):
                continue
            if node.op_type == "Gather":
                if _number(node, "axis"):
                    continue
                looked_up.add(name)
            if name not in found and (axes := _axes(node, use, len(shape), moves)):
                found[name] = Weight(name, node.op_type, shape, axes)
    return tuple(
        Weight(each.name, each.operator, each.shape, each.axes, each.name in looked_up) for each in found.values()
    )


def is_quantised(operators: Mapping[str, int]) -> bool:
    """Tell whether a network is in whole numbers already, by its operators."""
    return any(name in QUANTISED_OPERATORS or name.startswith("QLinear") for name in operators)


def values_of(tensor: TensorProto, weight: Weight) -> np.ndarray:
    """Return the numbers of a weight as float32 (out, in, ...), in memory of their own."""
    turned = numpy_helper.to_array(tensor).transpose(weight.axes)
    return np.array(turned, np.float32, order="C")


def _source(node: NodeProto, place: int, makers: Mapping[str, NodeProto]) -> tuple[str, list[Axes | None]] | None:
    """Follow an input back to where it comes from; return that name, and the turns on the way, the last one first."""
    if place >= len(node.input):
        return None
    name, turns = node.input[place], []
    for _ in range(MOST_PASSED):
        maker = makers.get(name)
        if maker is None or maker.op_type not in PASSED or not maker.input:
            break
        if maker.op_type == "Transpose":
            turns.append(_numbers(maker, "perm"))
        name = maker.input[0]
    return name, turns


def _axes(node: NodeProto, use: _Use, rank: int, turns: list[Axes | None]) -> Axes | None:
    """Return the order of a stored weight's dimensions that makes it (out, in, ...); None where that is nonsense."""
    axes = use.axes(node, rank)
    for turn in turns:  # out of what was turned last into what was there before
        turn = turn or tuple(reversed(range(rank)))
        if sorted(turn) != list(range(rank)) or len(axes) != rank:
            return None
        axes = tuple(turn[axis] for axis in axes)
    return axes if sorted(axes) == list(range(rank)) else None


def _number(node: NodeProto, name: str) -> int:
    return next((each.i for each in node.attribute if each.name == name), 0)


def _numbers(node: NodeProto, name: str) -> Axes | None:
    return next((tuple(each.ints) for each in node.attribute if each.name == name), None)
