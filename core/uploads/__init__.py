"""Files from people, hostile until proven otherwise: looked at from outside first, bounded, and never executed.

Every reader takes bytes and returns plain tensors, pictures and texts; nothing is written to disk. To read a further
kind of example, add its reader to `sets.py`; of table, open it in `text_tables.open_table`; limits go to `limits.py`.
"""

from core.uploads.checkpoints import (
    Checkpoint,
    Difference,
    DoesNotFit,
    Shapes,
    differences,
    fit,
    max_weights_bytes,
    read_checkpoint,
    read_weights,
)
from core.uploads.examples import Examples, LeftOut
from core.uploads.limits import check_size
from core.uploads.pictures import read_picture
from core.uploads.sets import SET_READERS

__all__ = [
    "SET_READERS",
    "Checkpoint",
    "Difference",
    "DoesNotFit",
    "Examples",
    "LeftOut",
    "Shapes",
    "check_size",
    "differences",
    "fit",
    "max_weights_bytes",
    "read_checkpoint",
    "read_picture",
    "read_weights",
]
