"""How good an ONNX file is on the examples that a person brought, judged in onnxruntime."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from core.errors import BadInput
from core.language import text
from core.onnx_files.inputs import batch_size, batches_of
from core.onnx_files.process import Opened, Place, opened
from core.onnx_files.reading import OnnxNetwork
from core.quality import Quality
from core.quality.figures import share

Feeds = dict[str, np.ndarray]

FLOAT_TYPES = ("tensor(float)", "tensor(float16)", "tensor(double)")


def classes_of(network: OnnxNetwork) -> int | None:
    """Return the number of classes by the width of a network's answer; None where the file does not say."""
    return _answer(network.outputs).shape[1]


def judge_onnx(
    network: OnnxNetwork,
    content: bytes,
    feeds: Callable[[Sequence[Any]], Feeds],
    items: Sequence[Any],
    labels: Sequence[int],
) -> Iterator[Quality]:
    """Judge a file on labelled examples, yielding the accuracy on a growing part of them.

    content: the bytes to judge: the network's own, or pruned or in int8. feeds: (examples) -> one batch.
    An example to which an answer is not a number counts as wrong. Raises BadInput where the file cannot be run.
    """
    right, answered = np.zeros(0, bool), np.zeros(0, bool)
    for outputs in answers(network, content, feeds, items):
        wanted = np.asarray(labels[len(right) : len(right) + len(outputs)])
        highest = outputs.max(1)
        right = np.append(right, (outputs.argmax(1) == wanted) & np.isfinite(highest))
        answered = np.append(answered, np.isfinite(highest))
        yield share(right, "Accuracy", text("your own"), answered)


def answers(
    network: OnnxNetwork, content: bytes, feeds: Callable[[Sequence[Any]], Feeds], items: Sequence[Any]
) -> Iterator[np.ndarray]:
    """Yield what a file answers to batch after batch of examples, (n, classes). Raises BadInput."""
    size = batch_size(network)
    fixed = network.inputs[0].shape[0] is not None
    with opened(content) as running:
        for batch in batches_of(items, size):
            filled = batch + batch[-1:] * (size - len(batch)) if fixed else batch
            yield _outputs(running, network, feeds(filled))[: len(batch)]


def _outputs(running: Opened, network: OnnxNetwork, feeds: Feeds) -> np.ndarray:
    """Return one batch's answers, (n, classes), whatever lies flat behind these. Raises BadInput."""
    (found,) = running.run(feeds, [_answer(network.outputs).name])
    examples = len(next(iter(feeds.values())))
    if found.ndim < 2 or len(found) != examples or found.size != examples * found.shape[1] or not found.size:
        shape = " x ".join(map(str, found.shape)) or text("one number")
        raise BadInput(
            text(
                "This network answers {shape} to {examples} examples, which is not one number for each class.",
                shape=shape,
                examples=examples,
            ),
            text("Judging needs a classifier; pruning and the download work all the same."),
        )
    return found.reshape(examples, -1).astype(np.float64)


def _answer(outputs: Sequence[Place]) -> Place:
    """Choose the output with one number for each class: the first of floats that has two dimensions or more."""
    fitting = [each for each in outputs if each.type in FLOAT_TYPES and len(each.shape) >= 2]
    named = [each for each in fitting if each.name in ("logits", "output", "probabilities")]
    flat = [each for each in fitting if len(each.shape) == 2]
    for found in (named, flat, fitting):
        if found:
            return found[0]
    raise BadInput(
        text("This network does not answer with one number for each class."),
        text("Judging needs a classifier; pruning and the download work all the same."),
    )
