"""An ONNX file in int8, by onnxruntime's own quantisation."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.errors import BadInput
from core.language import text
from core.onnx_files.inputs import batch_size, batches_of, takes_tokens
from core.onnx_files.process import opened
from core.onnx_files.reading import OnnxNetwork

CALIBRATION = 64
"""Examples by which the reach of activations is found."""


def calibration_batches(
    network: OnnxNetwork, feeds: Callable[[Sequence[Any]], dict[str, np.ndarray]], examples: Sequence[Any]
) -> list[dict[str, np.ndarray]]:
    """Return whole batches of the first CALIBRATION examples, for `quantise_onnx`.

    None for a network of texts: the activations of transformers reach too far for one scale, so that onnxruntime's own
    guide says to leave them as they are.
    """
    if takes_tokens(network):
        return []
    size = batch_size(network)
    return [feeds(batch) for batch in batches_of(examples[:CALIBRATION], size) if len(batch) == size]


def quantise_onnx(network: OnnxNetwork, content: bytes, batches: Sequence[dict[str, np.ndarray]] = ()) -> bytes:
    """Return a file with its weights in int8.

    content: the bytes to write so: the network's own, or pruned; zeros stay zeros, as weights are scaled about zero.
    batches: inputs by which the reach of activations is found, so that convolutions and all between are int8 as well
    (static, QDQ, per channel); without any, only matrix products are (dynamic). Raises BadInput.
    Source: onnxruntime, Quantize ONNX models.
    """
    if network.quantised:
        raise BadInput(
            text("This ONNX file is in whole numbers already."), text("Bring the one from before it was quantised.")
        )
    with opened(content, load=False) as running:
        return running.quantise(content, batches)
