"""What the store reads for a visit's history: the latest experiments with their results, and only those."""

import pytest
from sqlalchemy import update

from core.experiment import Experiment
from core.pruning import PruningPlan
from core.store import add_node, new_key, open_store, rename_node, save_result
from core.store.database import writing
from core.store.history import count_nodes, read_history
from core.store.tables import experiments

RUNS = [Experiment("fashion-mlp", plan=PruningPlan(sparsity=share)) for share in (0.5, 0.6, 0.7)]


@pytest.fixture
def store(tmp_path):
    opened = open_store(folder=tmp_path)
    yield opened
    opened.engine.dispose()


def test_the_latest_experiments_come_with_their_results_the_oldest_first(store):
    mine, other = new_key(), new_key()
    for run in RUNS:
        add_node(store, mine, run)
    add_node(store, other, RUNS[0])
    save_result(store, RUNS[1], "fine-tuned", "fine-tune", {"value": 1}, weights=b"weights")
    save_result(store, RUNS[1], "pruned", "fine-tune", {"value": 2})
    save_result(store, RUNS[2], "fine-tuned", "cost", {"value": 3})
    rename_node(store, mine, RUNS[2].id, "a name", "a note")
    found = read_history(store, mine, "fine-tuned", "fine-tune", 2)
    assert [each.node.experiment for each in found] == RUNS[1:]
    assert [each.result and each.result.content for each in found] == [{"value": 1}, None]
    assert found[0].result.artefact
    assert (found[1].node.name, found[1].node.note) == ("a name", "a note")
    assert (count_nodes(store, mine), count_nodes(store, other), count_nodes(store, new_key())) == (3, 1, 0)


def test_what_a_newer_version_has_written_is_left_out(store):
    key = new_key()
    for run in RUNS:
        add_node(store, key, run)
    with writing(store) as connection:
        strange = update(experiments).where(experiments.c.id == RUNS[1].id).values(content='{"network": "x", "new": 1}')
        connection.execute(strange)
    assert [each.node.experiment for each in read_history(store, key, "fine-tuned", "fine-tune", 9)] == RUNS[::2]
