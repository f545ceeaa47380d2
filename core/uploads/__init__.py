"""Files from people, hostile until proven otherwise: looked at from outside first, bounded, and never executed.

Every reader takes bytes and returns plain tensors, pictures and texts; nothing is written to disk. A further kind of
file is a file here: of examples in `sets.py`, of tables beside `csv_tables.py`.
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
