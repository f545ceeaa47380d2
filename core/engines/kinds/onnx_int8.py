"""ONNX Runtime with weights, and where inputs are numbers activations too, in int8."""

from core.engines.base import Engine, Prepared, Shipped
from core.engines.kinds.onnx_runtime import reader
from core.language import text


def prepare(network: Shipped) -> Prepared:
    """Write the network as ONNX in int8 and load it."""
    return Prepared(reader(network.int8), len(network.int8), exact=False)


CHOICE = Engine(
    name="onnxruntime-int8",
    label=text("ONNX Runtime, int8"),
    help=text("The same in whole numbers of 8 bits, a quarter of the size; what that costs in quality is measured."),
    source=text("Jacob et al. 2018; ONNX Runtime, Quantize ONNX models"),
    order=3,
    prepare=prepare,
    needs=("onnx", "onnxscript", "onnxruntime"),
)
