"""A row is new once, on SQLite and on PostgreSQL; what hangs on that is kept for the visit on both."""

import pytest
from sqlalchemy import create_engine, text

from core.experiment import Experiment
from core.pruning import PruningPlan
from core.store import add_node, new_key, open_store, save_result
from core.store.database import insert_new, writing
from core.store.tables import visits


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    opened = open_store(create_engine(url) if url else None, tmp_path)
    yield opened
    opened.engine.dispose()


def test_a_row_is_new_once(store):
    key = new_key()
    with writing(store) as connection:
        told = [insert_new(connection, visits, id=key, state="{}", created=1.0, seen=1.0) for _ in range(3)]
    assert told == [True, False, False]


def test_who_tries_what_others_have_tuned_holds_its_weights(store):
    experiment = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.123))
    kept = save_result(store, experiment, "pruned", "cost", {}, weights=new_key().encode())
    add_node(store, new_key(), experiment)
    with store.engine.connect() as connection:
        held = connection.execute(text(f"SELECT count(*) FROM holds WHERE artefact = '{kept.artefact}'")).scalar()
    assert held == 1
