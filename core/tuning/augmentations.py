"""The ways to vary training inputs; each task knows some of them, and does them itself."""

from collections.abc import Mapping

AUGMENTATIONS: Mapping[str, str] = {
    "flip": "mirrored",
    "shift": "shifted",
    "nudge": "shifted a little",
    "erase": "partly erased",
    "drop": "words hidden",
}
"""Name -> how people read it. Pictures know all but the last, texts only that."""
