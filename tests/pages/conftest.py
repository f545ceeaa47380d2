"""The curves that pages of one test began to fill in for everybody are short, and stopped before the next begins."""

from collections.abc import Iterator

import pytest

from pages.shared import shared_work, sparsities, workers


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let curves have three points, unless a test is marked as one of the whole curve; end them after the test."""
    with pytest.MonkeyPatch.context() as changed:
        if "whole_curve" not in request.keywords:
            changed.setattr(sparsities, "CURVE", (0.0, 0.8, 0.95))
        yield
    pool = workers.jobs()
    for run in [*pool._waiting, *pool._running]:
        if run.job.work == "sweep":
            pool.stop(run.job)
    shared_work.remembered.clear("sweep")
