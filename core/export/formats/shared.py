"""Weights that share a few values a layer, written by how often each is taken: the smallest file there is here."""

import functools

import numpy as np

from core.errors import BadPlan
from core.export.formats.base import Companions, ExportFailed, Format
from core.export.words import change_in_words, quality_in_words
from core.language import text
from core.measure import change
from core.pruning import Pruned
from core.sharing import LOADING, from_range_coded, share_weights, shareable, to_range_coded, tune_shared
from core.tasks.base import Task

CODE_BITS = 5
"""At most 32 values a layer: with 16 LeNet-5 loses more than with 32, and 64 win nothing that is seen."""


@functools.lru_cache(maxsize=1)
def _written(task: Task, pruned: Pruned) -> bytes:
    """Share, tune and write, once for the file and what the README says of it. Raises ExportFailed."""
    try:
        shared = share_weights(pruned, CODE_BITS)
    except BadPlan as error:
        raise ExportFailed(error.what, error.advice) from error
    for _ in tune_shared(task, shared):
        pass
    return to_range_coded(shared)


def write(task: Task, pruned: Pruned) -> bytes:
    """Write the network. Raises ExportFailed for weights that are no numbers."""
    return _written(task, pruned)


def size(pruned: Pruned) -> int:
    """Estimate the bytes: what chance asks for each place, about two bits less than CODE_BITS for each kept weight."""
    bits, coded = 0.0, shareable(pruned.model)
    for value in coded.values():
        kept = int((value != 0).sum())
        share = np.clip(kept / value.numel(), 1e-9, 1 - 1e-9)
        chance = -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
        bits += value.numel() * chance + kept * (CODE_BITS - 1.9)
    rest = sum(v.numel() for k, v in pruned.model.state_dict().items() if k not in coded and v.is_floating_point())
    return int(bits / 8) + 2 * rest + 800


def companions(task: Task, pruned: Pruned) -> Companions:
    """Say in the README how good the network in the file is, since it is not quite the one that was shared."""
    if not task.count("validation"):
        return Companions()
    made = from_range_coded(_written(task, pruned), task.model)
    before, after = (task.evaluate(model, "validation") for model in (pruned.model, made))
    return Companions(
        section=text(
            "## How good the shared weights are\n\n"
            "`shared.safetensors` holds at most {values} values a layer, so it answers a little differently from the "
            "network that it was made of. On validation data: {after}. Before: {before}. Change on the same examples: "
            "{change}.\n\n",
            values=2**CODE_BITS,
            after=quality_in_words(after),
            before=quality_in_words(before),
            change=change_in_words(change(before, after)),
        )
    )


CHOICE = Format(
    name="shared",
    label=text("Weights that share values"),
    help=text("32 values a layer, tuned, written by how often each is taken: the smallest file, a little less exact."),
    source=text("Han et al. 2016, Deep Compression"),
    order=2,
    file="shared.safetensors",
    contents={"shared.safetensors": text("places and codes of the kept weights in one stream, and the shared values")},
    write=write,
    size=size,
    loading=LOADING,
    weights_only=True,
    needs=("constriction",),
    loading_needs=("constriction",),
    companions=companions,
    slow=True,
)
