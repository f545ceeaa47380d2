"""Packages that only some tasks need: imported when such a task is loaded, so that the others work without them."""

import importlib
from typing import Any

from core.errors import TaskUnavailable
from core.language import text


def import_package(name: str) -> Any:
    """Import a package. Raises TaskUnavailable with advice where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise TaskUnavailable(
            text("This model needs the package {name}, which is not installed.", name=name),
            text("Install what the app needs: pip install -r requirements.txt"),
        ) from error
