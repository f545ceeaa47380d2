"""Taking a network home: files that open without this project."""

from core.export.bundle import bundle

__all__ = ["bundle"]
