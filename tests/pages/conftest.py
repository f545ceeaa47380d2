"""The curves that pages of one test began to fill in for everybody are stopped before the next one begins."""

from collections.abc import Iterator

import pytest

from pages.parts import border, shared_work


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    yield
    pool = border.jobs()
    for job in [*pool._waiting, *pool._running]:
        if job.work == "sweep":
            pool.stop(job)
    shared_work.kept.clear("sweep")
