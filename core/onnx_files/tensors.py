"""Tensors in an ONNX file: whether they hold as much as they say, within the file."""

import math
from collections.abc import Iterator

import numpy as np
from onnx import GraphProto, SparseTensorProto, TensorProto, helper

from core.errors import BadInput
from core.language import text
from core.uploads.wording import printable

MAX_RANK = 16
"""Dimensions of a tensor."""

PACKED_TYPES = {TensorProto.INT4, TensorProto.UINT4, TensorProto.FLOAT4E2M1, TensorProto.INT2, TensorProto.UINT2}
"""Types of which several elements share a byte."""


def check_tensors(graph: GraphProto) -> None:
    """Refuse tensors of a graph that lie in other files, or hold less or more than they say. Raises BadInput."""
    for tensor in _tensors(graph):
        if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
            raise BadInput(
                text("The weights of this ONNX file lie in another file beside it, which is not here."),
                text(
                    "Write it as one file: onnx.save(onnx.load(path), other_path), or export with external_data=False."
                ),
            )
        if not _holds_what_it_says(tensor):
            raise BadInput(
                text(
                    "This ONNX file is damaged: {name} holds less or more than it says.",
                    name=printable(tensor.name) if tensor.name else text("a constant"),
                ),
                text("Export or download it again."),
            )


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Yield every tensor that a graph holds outside of its subgraphs: initialisers, and constants of its nodes."""
    yield from graph.initializer
    for each in graph.sparse_initializer:
        yield from _parts(each)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            if attribute.HasField("sparse_tensor"):
                yield from _parts(attribute.sparse_tensor)
            for each in attribute.sparse_tensors:
                yield from _parts(each)


def _parts(sparse: SparseTensorProto) -> tuple[TensorProto, TensorProto]:
    return sparse.values, sparse.indices


def _holds_what_it_says(tensor: TensorProto) -> bool:
    if tensor.HasField("segment") or len(tensor.dims) > MAX_RANK or any(size < 0 for size in tensor.dims):
        return False
    count = math.prod(tensor.dims)
    try:
        kind = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        field = helper.tensor_dtype_to_field(tensor.data_type)
    except (KeyError, TypeError, ValueError):  # there is no such type
        return False
    if tensor.data_type == TensorProto.STRING:
        return len(tensor.string_data) == count
    packed = tensor.data_type in PACKED_TYPES
    if tensor.HasField("raw_data"):
        return packed or len(tensor.raw_data) == count * np.dtype(kind).itemsize
    parts = 2 if kind.kind == "c" else 1
    return packed or len(getattr(tensor, field)) == count * parts
