"""A store of each kind: what is kept of classes is kept alike by all of them."""

import pytest
from sqlalchemy import create_engine

from core.store import open_store


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def store(request, tmp_path):
    if request.param == "memory":
        (tmp_path / "file").write_text("no folder")
        opened = open_store(folder=tmp_path / "file" / "data")
    else:
        url = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
        opened = open_store(create_engine(url) if url else None, tmp_path / "data")
        assert opened.note == ""
    yield opened
    opened.engine.dispose()
