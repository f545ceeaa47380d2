"""Files from people, hostile until proven otherwise: looked at from outside first, bounded, and never executed.

Every reader takes bytes and returns plain tensors, pictures and texts; nothing is written to disk. To read a further
kind of example, add its reader to `sets.py`; of table, open it in `text_tables.open_table`; limits go to `limits.py`.
"""

from core.uploads.examples import Examples, LeftOut
from core.uploads.pictures import read_picture
from core.uploads.sets import SET_READERS
from core.uploads.weights import Difference, DoesNotFit, max_weights_bytes, read_weights

__all__ = [
    "SET_READERS",
    "Difference",
    "DoesNotFit",
    "Examples",
    "LeftOut",
    "max_weights_bytes",
    "read_picture",
    "read_weights",
]
