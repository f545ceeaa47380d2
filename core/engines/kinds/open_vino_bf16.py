"""OpenVINO in bfloat16, where the processor computes with it."""

from core.engines.base import Engine, Prepared, Shipped
from core.engines.kinds.open_vino import reader
from core.language import text

CAPABILITY = "BF16"


def why_missing() -> str:
    """Say that the processor does not compute with bfloat16; "" if it does."""
    import openvino

    if CAPABILITY in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        return ""
    return text("This machine's processor does not compute in bfloat16.")


def prepare(network: Shipped) -> Prepared:
    """Write the network as ONNX and load it, to be computed with 16 bits a number."""
    return Prepared(reader(network.onnx, INFERENCE_PRECISION_HINT="bf16"), len(network.onnx), exact=False)


CHOICE = Engine(
    name="openvino-bf16",
    label=text("OpenVINO, bfloat16"),
    help=text("It computes with 16 bits a number instead of 32, on a processor that can; what that costs is measured."),
    source=text("Intel 2018; Kalamkar et al. 2019"),
    order=6,
    prepare=prepare,
    needs=("onnx", "onnxscript", "openvino"),
    why_missing=why_missing,
)
