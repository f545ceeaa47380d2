"""A file as small as it gets: kept weights share a few values, and are written by how often each is taken."""

from core.sharing.coding import LOADING, from_range_coded, to_range_coded
from core.sharing.shared import SharedWeights, share_weights, shareable, tune_shared
from core.sharing.steps import BITS, FileProgress, FileStep, file_steps

__all__ = [
    "BITS",
    "LOADING",
    "FileProgress",
    "FileStep",
    "SharedWeights",
    "file_steps",
    "from_range_coded",
    "share_weights",
    "shareable",
    "to_range_coded",
    "tune_shared",
]
