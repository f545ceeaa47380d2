"""Look for the smallest file or the fastest network within a loss."""

from collections.abc import Iterator

from core.ends import End, EndFigures, reach
from core.jobs.work.loader import Loader
from core.jobs.work.measuring import search_limit


def find_end(load: Loader, name: str, end: End) -> Iterator[EndFigures]:
    """Look for what reaches an end; each yield holds all that was found so far."""
    task = load(name)
    yield from reach(task, end, search_limit(task))
