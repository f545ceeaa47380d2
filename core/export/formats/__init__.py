"""The forms in which a network can be taken home: each is one file with a CHOICE, found without being named here."""

import sys
from collections.abc import Mapping

from core.choices import choices_in
from core.export.formats.base import Companions, ExportFailed, Format

FORMATS: Mapping[str, Format] = choices_in(sys.modules[__name__])
"""What there is to choose from, by the name that `bundle` takes."""

__all__ = ["FORMATS", "Companions", "ExportFailed", "Format"]
