"""Readers of labelled sets: one for each kind of example that a task can take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.uploads.examples import Examples
from core.uploads.picture_folders import read_picture_folders
from core.uploads.text_tables import read_text_table

SetReader = Callable[[bytes, Sequence[str], Mapping[str, str], Callable[[Any], object] | None, bool], Examples]
"""(content, classes, aliases, check, multi) -> examples; raises BadInput for a file that is no such set.

aliases: other known names of classes -> the class of each.
check: raises BadInput for an example that is to be left out.
multi: whether an example may have several labels.
"""

SET_READERS: Mapping[str, SetReader] = {"picture": read_picture_folders, "text": read_text_table}
"""Kind of example, as a task names it -> the reader of sets of it."""
