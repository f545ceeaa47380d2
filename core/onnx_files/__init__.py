"""ONNX files that people bring: read with care, pruned where the weights lie, judged in onnxruntime, made int8.

Strangers' files run in a process of their own (`runner.py`), which is bounded and can be ended at any time.
"""

from core.onnx_files.inputs import (
    NORMALISATIONS,
    PictureInput,
    PictureReading,
    number_feeds,
    number_input,
    picture_feeds,
    picture_input,
    takes_tokens,
    token_feeds,
)
from core.onnx_files.judging import answers, classes_of, judge_onnx
from core.onnx_files.labelled import LabelledSet, read_numbers, read_pictures, read_texts, read_token_ids
from core.onnx_files.pruning import CRITERIA, WAY_OUT, OnnxScores, PrunedOnnx, onnx_histograms, prune_onnx, score_onnx
from core.onnx_files.quantising import CALIBRATION, calibration_batches, quantise_onnx
from core.onnx_files.reading import OnnxNetwork, read_onnx
from core.onnx_files.tokens import MAX_TOKENIZER_BYTES, tokenise
from core.onnx_files.wire import MAX_ONNX_BYTES

__all__ = [
    "CALIBRATION",
    "CRITERIA",
    "MAX_ONNX_BYTES",
    "MAX_TOKENIZER_BYTES",
    "NORMALISATIONS",
    "WAY_OUT",
    "LabelledSet",
    "OnnxNetwork",
    "OnnxScores",
    "PictureInput",
    "PictureReading",
    "PrunedOnnx",
    "answers",
    "calibration_batches",
    "classes_of",
    "judge_onnx",
    "number_feeds",
    "number_input",
    "onnx_histograms",
    "picture_feeds",
    "picture_input",
    "prune_onnx",
    "quantise_onnx",
    "read_numbers",
    "read_onnx",
    "read_pictures",
    "read_texts",
    "read_token_ids",
    "score_onnx",
    "takes_tokens",
    "token_feeds",
    "tokenise",
]
