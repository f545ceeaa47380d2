"""The curves that pages of one test began to fill in for everybody are short, and stopped before the next begins."""

from collections.abc import Iterator

import pytest

from pages.shared import cache, curves, shared_work


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let curves have three points, unless a test is marked as one of the whole curve; end them after the test."""
    with pytest.MonkeyPatch.context() as changed:
        if "whole_curve" not in request.keywords:
            changed.setattr(curves, "STOPS", (0, 80, 95))
        yield
    pool = cache.jobs()
    for job in [*pool._waiting, *pool._running]:
        if job.work == "sweep":
            pool.stop(job)
    shared_work.kept.clear("sweep")
