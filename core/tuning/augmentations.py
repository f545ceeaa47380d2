"""The ways to vary training inputs; each task knows some of them, and does them itself."""

from collections.abc import Mapping

from core.language import text

AUGMENTATIONS: Mapping[str, str] = {
    "flip": text("mirrored"),
    "shift": text("shifted"),
    "nudge": text("shifted a little"),
    "erase": text("partly erased"),
    "drop": text("words hidden"),
}
"""Name -> how people read it. Pictures know all but the last, texts only that."""
