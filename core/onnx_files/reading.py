"""Read an ONNX file: what it takes and answers, which of its weights can go, and whether it is safe to open at all."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import onnx
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto

from core.errors import BadInput
from core.language import text
from core.onnx_files.process import Place, opened
from core.onnx_files.tensors import check_tensors
from core.onnx_files.weights import Weight, find_weights, is_quantised
from core.onnx_files.wire import check_outside
from core.uploads.wording import listed

DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
"""Sets of operators that onnxruntime itself brings."""

LOOPS = ("Loop", "Scan", "SequenceMap")
"""Operators that may run without end."""

MAX_DEPTH, MAX_WEIGHTS = 8, 4_000
"""Graphs within graphs; weights that are listed."""

EXPORT_ANEW = text(
    "Export it anew with today's torch.onnx.export, weights inside the file, or write it without that part."
)


@dataclass(frozen=True, eq=False)
class OnnxNetwork:
    """Hold an ONNX file that was looked at and can be run here.

    content: its bytes; digest: their SHA-256, which stands for the file in keys.
    inputs, outputs: what it reads and answers, as onnxruntime sees them.
    weights: those that may be pruned, in the order in which data meets them, shared ones once.
    opset: version of the standard operators; operators: name -> how many of them there are.
    parameters: how many numbers all initialisers hold. quantised: whether it is in whole numbers already.
    """

    content: bytes
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    weights: tuple[Weight, ...]
    opset: int
    operators: Mapping[str, int]
    parameters: int
    quantised: bool
    digest: str

    @property
    def prunable(self) -> int:
        """How many numbers the prunable weights hold, embeddings included."""
        return sum(weight.count for weight in self.weights)


def read_onnx(content: bytes) -> OnnxNetwork:
    """Read an ONNX file of a person: looked at from outside, parsed, and opened in a process of its own.

    Raises BadInput for a file that is damaged, needs other files, operators or loops, or that onnxruntime cannot open.
    """
    check_outside(content)
    model = parse(content)
    operators = Counter(node.op_type for graph in _checked_graphs(model.graph) for node in graph.node)
    weights = find_weights(model.graph)
    if len(weights) > MAX_WEIGHTS:
        raise BadInput(
            text("This ONNX file has {count:,} weights.", count=len(weights)),
            text("At most {max_weights:,} are read.", max_weights=MAX_WEIGHTS),
        )
    with opened(content) as network:
        inputs, outputs = network.inputs, network.outputs
    parameters = sum(_count(each) for each in model.graph.initializer)
    opset = max((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), default=0)
    return OnnxNetwork(
        content=content,
        inputs=inputs,
        outputs=outputs,
        weights=weights,
        opset=opset,
        operators=dict(operators.most_common()),
        parameters=parameters,
        quantised=is_quantised(operators),
        digest=hashlib.sha256(content).hexdigest(),
    )


def parse(content: bytes) -> ModelProto:
    """Parse a file that `check_outside` let pass, and refuse what it would need or do. Raises BadInput."""
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # files of strangers fail in any way they like
        raise BadInput(text("This is not an ONNX file, or a damaged one."), EXPORT_ANEW) from error
    if foreign := {node.domain for graph in _graphs(model.graph) for node in graph.node} - set(DOMAINS):
        raise BadInput(
            text(
                "This ONNX file needs operators that are not standard ones: {foreign}.", foreign=listed(sorted(foreign))
            ),
            text("Export it with standard operators; programs for others are not loaded here."),
        )
    newest = onnx.defs.onnx_opset_version()
    for each in model.opset_import:
        if each.domain in ("", "ai.onnx") and each.version > newest:
            raise BadInput(
                text(
                    "This ONNX file is written with operators of version {version}; those up to {newest} are known.",
                    version=each.version,
                    newest=newest,
                ),
                text("Export it with opset_version={newest}.", newest=min(newest, 20)),
            )
    return model


def _checked_graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """Yield a graph and those within it, each once it was looked at. Raises BadInput."""
    for each in _graphs(graph):
        check_tensors(each)
        for node in each.node:
            if node.op_type in LOOPS:
                raise BadInput(
                    text("This ONNX file has loops ({op_type}), which may run without end.", op_type=node.op_type),
                    text(
                        "Export the network without them: for inputs of one length, or only the part without the loop."
                    ),
                )
        yield each


def _graphs(graph: GraphProto, depth: int = 0) -> Iterator[GraphProto]:
    """Yield a graph and all graphs within its nodes. Raises BadInput where these lie too deep."""
    if depth > MAX_DEPTH:
        raise BadInput(text("This ONNX file has graphs within graphs, too deep to be looked through."), EXPORT_ANEW)
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in _inner(attribute):
                yield from _graphs(inner, depth + 1)


def _inner(attribute: AttributeProto) -> Iterator[GraphProto]:
    if attribute.HasField("g"):
        yield attribute.g
    yield from attribute.graphs


def _count(tensor: TensorProto) -> int:
    return math.prod(tensor.dims)
