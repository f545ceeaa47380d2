"""OpenVINO in int8, told that weights are sparse: on some processors it then reads compressed ones."""

from core.engines.base import Engine, Prepared, Shipped
from core.engines.kinds.open_vino import reader
from core.language import text

LEAST_SPARSITY = 0.5
"""The share of zeros from which a layer's weights are to be read compressed."""


def prepare(network: Shipped) -> Prepared:
    """Write the network as ONNX in int8 and load it with OpenVINO's option for sparse weights."""
    sparse = {"CPU_SPARSE_WEIGHTS_DECOMPRESSION_RATE": LEAST_SPARSITY}
    return Prepared(reader(network.int8, **sparse), len(network.int8), exact=False)


CHOICE = Engine(
    name="openvino-int8-sparse",
    label=text("OpenVINO, int8, sparse weights"),
    help=text("The same in int8, with its option to read sparse weights compressed, which takes a processor with AMX."),
    source=text("Intel 2022"),
    order=5,
    prepare=prepare,
    needs=("onnx", "onnxscript", "onnxruntime", "openvino"),
)
