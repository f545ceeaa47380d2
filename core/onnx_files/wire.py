"""An ONNX file looked at from outside: how much describes the network and how much is weights, before it is parsed.

A protocol buffer of a few megabytes can take gigabytes once each of its entries is an object.
Source: protobuf.dev, Encoding; the numbers of the fields are those of onnx.proto.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.errors import BadInput
from core.language import text
from core.uploads.limits import check_size

MAX_ONNX_BYTES = 128 * 2**20
"""Bytes of an ONNX file: a ResNet-50 has 102 MB."""

MAX_DESCRIPTION_BYTES = 8 * 2**20
"""Bytes of all that is not weights: nodes, names, notes of the exporter."""

MAX_ENTRIES = 200_000
"""Fields of all messages of a file together; a network of 3,000 operators needs 100,000."""

MAX_DEPTH = 40
"""Messages within messages."""

GRAPH, FUNCTIONS, TRAINING = 7, 25, 20
"""Numbers of fields of a model: its graph, operators of its own, and how it was trained."""

LENGTH, VARINT, EIGHT, FOUR = 2, 0, 1, 5
"""Kinds of fields of a protocol buffer."""

NUMBERS = (4, 5, 7, 9, 10, 11)
"""Fields of a tensor that hold its numbers, where these lie in one piece."""

MESSAGES: Mapping[str, Mapping[int, str]] = {
    "model": {GRAPH: "graph", 8: "opset", 14: "note"},
    "graph": {1: "node", 5: "tensor", 11: "value", 12: "value", 13: "value", 14: "note", 15: "sparse", 16: "note"},
    "node": {5: "attribute", 9: "note", 10: "note"},
    "attribute": {
        5: "tensor",
        6: "graph",
        10: "tensor",
        11: "graph",
        14: "value",
        15: "value",
        22: "sparse",
        23: "sparse",
    },
    "tensor": {3: "note", 13: "note", 16: "note"},
    "sparse": {1: "tensor", 2: "tensor"},
    "value": {number: "value" for number in range(1, 10)},
}
"""Message -> numbers of those of its fields that are messages themselves; "value": types and shapes, however deep."""


def check_outside(content: bytes) -> None:
    """Refuse a file that is no ONNX, or would take far more memory than it has bytes. Raises BadInput."""
    check_size(content, MAX_ONNX_BYTES)
    walk = _Walk(memoryview(content))
    try:
        walk.look_at("model", 0, len(content))
    except (IndexError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise _no_onnx() from error
    if walk.graphs != 1:
        raise _no_onnx()
    if len(content) - walk.weights > MAX_DESCRIPTION_BYTES:
        raise BadInput(
            text("{count:,.1f} MB of this ONNX file are not weights.", count=(len(content) - walk.weights) / 1000000.0),
            text(
                "At most {max_description_bytes:.1f} MB of all else are read: export it anew, without notes.",
                max_description_bytes=MAX_DESCRIPTION_BYTES / 1000000.0,
            ),
        )


@dataclass
class _Walk:
    """Count what lies in a file. entries: fields; weights: bytes of numbers; graphs: those of the model itself."""

    view: memoryview
    entries: int = 0
    weights: int = 0
    graphs: int = 0

    def look_at(self, kind: str, begin: int, end: int, depth: int = 0) -> None:
        """Count the fields of a message, and of those within it. Raises BadInput where these are too many."""
        if depth > MAX_DEPTH:
            raise BadInput(
                text("This ONNX file has parts within parts, too deep to be looked through."), text("Export it anew.")
            )
        inside = MESSAGES.get(kind, {})
        for number, first, last in _fields(self.view, begin, end):
            self.entries += 1
            if self.entries > MAX_ENTRIES:
                raise BadInput(
                    text("This ONNX file has more than {max_entries:,} parts.", max_entries=MAX_ENTRIES),
                    text("Bring a smaller network."),
                )
            if kind == "model" and number in (FUNCTIONS, TRAINING):
                raise BadInput(
                    text("This ONNX file defines operators of its own, as functions, or how it is trained."),
                    text("Write it without: onnx.inliner.inline_local_functions puts each function in its place."),
                )
            if kind == "model" and number == GRAPH:
                self.graphs += 1
            if kind == "tensor" and number in NUMBERS:
                self.weights += last - first
            elif number in inside:
                self._look_inside(kind, inside[number], first, last, depth + 1)

    def _look_inside(self, outer: str, kind: str, begin: int, end: int, depth: int) -> None:
        try:
            self.look_at(kind, begin, end, depth)
        except (IndexError, ValueError) as error:
            if outer != "value" or isinstance(error, BadInput):  # there it may be a name
                raise


def _fields(view: memoryview, begin: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, begin and end of each field of a message. Raises ValueError, IndexError for no message."""
    while begin < end:
        key, begin = _varint(view, begin)
        kind, size = key & 7, 0
        if kind == LENGTH:
            size, begin = _varint(view, begin)
        elif kind == VARINT:
            _, begin = _varint(view, begin)
        elif kind in (EIGHT, FOUR):
            size = 8 if kind == EIGHT else 4
        else:
            raise ValueError("no such kind of field")
        if begin + size > end or not key >> 3:
            raise ValueError("a field that leads out of its message")
        yield key >> 3, begin, begin + size
        begin += size


def _varint(view: memoryview, begin: int) -> tuple[int, int]:
    """Read a whole number of at most ten bytes; return it and where it ends."""
    value = 0
    for place in range(10):
        byte = view[begin + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, begin + place + 1
    raise ValueError("a number without end")


def _no_onnx() -> BadInput:
    return BadInput(
        text("This is not an ONNX file, or a damaged one."),
        text("Export the network as ONNX, for example with torch.onnx.export, weights inside the file."),
    )
