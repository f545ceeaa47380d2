"""The store: what is put in comes out, for whoever may see it, whatever happens to the disk."""

import dataclasses
import errno
import hashlib
import json
import sqlite3
import subprocess
import sys

import alembic.command
import alembic.config
import numpy as np
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from core.errors import PlaygroundError
from core.experiment import Experiment
from core.pruning import PruningPlan
from core.quality import change, mean, proportion, share
from core.store import (
    StoreUnavailable,
    add_node,
    begin_visit,
    delete_node,
    find_experiment,
    find_result,
    forget_visit,
    hold_artefact,
    list_nodes,
    list_results,
    new_key,
    open_store,
    put_artefact,
    read_artefact,
    read_state,
    rename_node,
    save_experiment,
    save_result,
    save_state,
)
from core.store.artefacts import total_size
from core.store.database import FILE, MIGRATIONS
from core.store.figures import data_to_quality, quality_to_data
from core.store.results import tuned_results
from core.store.tables import METADATA
from core.tuning import Recipe
from tests.conftest import ROOT

TUNED = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.9), recipe=Recipe())
OTHER = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.5))


@pytest.fixture
def store(tmp_path):
    opened = open_store(folder=tmp_path / "data")
    yield opened
    opened.engine.dispose()


def test_a_store_remembers_after_it_was_closed(tmp_path):
    first = open_store(folder=tmp_path)
    assert first.note == ""
    save_result(first, TUNED, "fine-tuned", "fine-tune", {"value": 0.5}, seconds=2.5, weights=b"weights")
    first.engine.dispose()
    again = open_store(folder=tmp_path)
    assert find_experiment(again, TUNED.id) == TUNED
    found = find_result(again, TUNED.id, "fine-tuned", "fine-tune")
    assert (found.content, found.seconds) == ({"value": 0.5}, 2.5)
    assert read_artefact(again.files, found.artefact) == b"weights"
    assert found.versions.startswith("torch ")
    assert find_experiment(again, OTHER.id) is None
    assert find_result(again, TUNED.id, "pruned", "fine-tune") is None


def test_a_newer_result_takes_the_place_of_an_older_one_of_its_kind(store):
    for value in (1, 2):
        save_result(store, TUNED, "fine-tuned", "fine-tune", {"value": value})
    save_result(store, TUNED, "fine-tuned", "cost", {"value": 3})
    assert [result.content["value"] for result in list_results(store, TUNED.id)] == [2, 3]


QUALITIES = [
    proportion(3, 5, "Accuracy", "validation"),
    share(np.array([True, False, True]), "Accuracy", "test", np.array([True, True, False])),
    mean(np.array([1.0, 4.0, 9.0]), "RMSE", "validation", transform="root", clusters=np.array([0, 0, 1])),
    mean(np.array([500.0, 500.0]), "Return", "validation", bounds=(0.0, 500.0)),
    mean(np.array([np.nan, 1.0]), "Return", "validation"),
]


@pytest.mark.parametrize("quality", QUALITIES, ids=lambda quality: f"{quality.metric} of {quality.n}")
def test_a_stored_figure_is_the_same_and_can_be_compared(quality):
    back = data_to_quality(json.loads(json.dumps(quality_to_data(quality))))
    assert repr(back) == repr(quality)
    if quality.outcomes is not None:
        assert repr(change(back, quality)) == repr(change(quality, quality))
        assert np.array_equal(back.outcomes.values, quality.outcomes.values, equal_nan=quality.metric == "Return")


@pytest.mark.parametrize(
    "data", [{}, {"metric": "Nonsense"}, {**quality_to_data(QUALITIES[0]), "outcomes": {"sums": ["O", ""]}}]
)
def test_a_figure_that_nobody_wrote_is_a_sentence(data):
    with pytest.raises(PlaygroundError):
        data_to_quality(data)


def test_a_damaged_file_is_noticed_and_gone(store):
    name = put_artefact(store, b"x" * 1000)
    assert name == hashlib.sha256(b"x" * 1000).hexdigest()
    (store.files / name).write_bytes(b"x" * 500)  # cut in half
    assert read_artefact(store.files, name) is None
    assert not (store.files / name).exists()
    put_artefact(store, b"x" * 1000)  # computed anew
    assert read_artefact(store.files, name) == b"x" * 1000


@pytest.mark.parametrize("name", ["", "../" * 10 + "etc/passwd", "a" * 63, "A" * 64, "playground.sqlite"])
def test_only_a_hash_names_a_file(store, name):
    assert read_artefact(store.files, name) is None


def test_room_is_made_of_what_no_visit_holds_the_oldest_first(store):
    small, key = dataclasses.replace(store, limit=1000), new_key()
    held, old, new = (put_artefact(small, bytes([i]) * 300) for i in (1, 2, 3))
    hold_artefact(small, key, held)
    put_artefact(small, b"4" * 300)
    assert [read_artefact(small.files, name) is not None for name in (held, old, new)] == [True, False, True]
    assert total_size(small) == 900
    with pytest.raises(StoreUnavailable, match="no room"):
        put_artefact(small, b"5" * 800)
    assert read_artefact(small.files, held) is not None


def test_what_an_evicted_result_found_out_stays_without_its_weights(store):
    small = dataclasses.replace(store, limit=1000)
    save_result(small, TUNED, "fine-tuned", "fine-tune", {"value": 1}, weights=b"1" * 600)
    put_artefact(small, b"2" * 600)
    found = find_result(small, TUNED.id, "fine-tuned", "fine-tune")
    assert (found.content, found.artefact) == ({"value": 1}, "")


def test_a_visit_is_found_by_its_key_alone(store):
    mine, yours = new_key(), new_key()
    assert len(mine) >= 40
    save_state(store, mine, {"link": {"model": "fashion-mlp"}})
    add_node(store, mine, TUNED)
    assert read_state(store, mine) == {"link": {"model": "fashion-mlp"}}
    assert read_state(store, yours) == {}
    assert list_nodes(store, yours) == []
    with store.engine.connect() as connection:
        everything = repr([connection.execute(text(f"SELECT * FROM {name}")).all() for name in ("visits", "nodes")])
    assert mine not in everything


def test_names_and_notes_are_text_whatever_they_hold(store):
    key, name = new_key(), "'; DROP TABLE nodes; --<script>"
    add_node(store, key, TUNED)
    add_node(store, key, TUNED)
    add_node(store, key, OTHER)
    rename_node(store, key, TUNED.id, name, name * 1000)
    first, second = list_nodes(store, key)
    assert (first.experiment, first.name, second.name) == (TUNED, name, "")
    assert len(first.note) == 5000
    rename_node(store, new_key(), TUNED.id, "mine", "")  # somebody else's key changes nothing
    assert list_nodes(store, key)[0].name == name
    delete_node(store, key, TUNED.id)
    assert [node.experiment for node in list_nodes(store, key)] == [OTHER]


def test_a_forgotten_visit_leaves_nothing_but_what_others_have(store):
    mine, yours = new_key(), new_key()
    for key in (mine, yours):
        begin_visit(store, key)
        add_node(store, key, TUNED)
    shared = save_result(store, TUNED, "fine-tuned", "fine-tune", {}, weights=b"both").artefact
    add_node(store, mine, OTHER)
    alone = save_result(store, OTHER, "pruned", "cost", {}, weights=b"mine").artefact
    brought = put_artefact(store, b"my own weights")
    hold_artefact(store, mine, brought)
    forget_visit(store, mine)
    assert read_artefact(store.files, shared) == b"both"
    assert read_artefact(store.files, alone) is None
    assert read_artefact(store.files, brought) is None
    assert find_experiment(store, OTHER.id) is None
    assert find_experiment(store, TUNED.id) == TUNED
    assert list_nodes(store, mine) == []
    forget_visit(store, yours)
    assert list(store.files.iterdir()) == []
    with store.engine.connect() as connection:
        tables = ("visits", "nodes", "holds", "experiments", "results", "artefacts")
        assert [connection.execute(text(f"SELECT count(*) FROM {name}")).scalar() for name in tables] == [0] * 6


def test_a_folder_that_cannot_be_written_is_a_note_and_memory(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    store = open_store(folder=blocked / "data")
    assert "lasts until this server ends" in store.note
    save_result(store, TUNED, "fine-tuned", "fine-tune", {"value": 1}, weights=b"w")
    assert find_result(store, TUNED.id, "fine-tuned", "fine-tune").content == {"value": 1}
    assert save_experiment(store, OTHER) == OTHER.id


def test_a_damaged_database_is_a_note(tmp_path):
    (tmp_path / FILE).write_bytes(b"this is no database, " * 100)
    store = open_store(folder=tmp_path)
    assert "damaged" in store.note
    assert (tmp_path / FILE).read_bytes().startswith(b"this is no database")  # nothing of it is touched


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    open_store(folder=tmp_path).engine.dispose()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    store = open_store(folder=tmp_path)
    assert "newer version" in store.note
    save_experiment(store, TUNED)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT count(*) FROM experiments").fetchone() == (0,)


def test_a_full_disk_is_a_sentence_and_leaves_nothing_half(store, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.data_folder.os.fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        put_artefact(store, b"weights")
    assert list(store.files.iterdir()) == []


def test_a_locked_file_is_a_sentence(store, monkeypatch, tmp_path):
    monkeypatch.setattr("core.store.database.PATIENCE", 0.1)
    quick = open_store(folder=tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / FILE, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="somebody else"):
            save_experiment(quick, TUNED)
        assert find_experiment(quick, TUNED.id) is None  # readers do not wait for a writer
        other.execute("ROLLBACK")
    save_experiment(quick, TUNED)


def test_the_state_of_a_visit_has_a_limit(store):
    with pytest.raises(ValueError, match="not results"):
        save_state(store, new_key(), {"much": "x" * 300_000})


OPENERS = """
import os, sys
from pathlib import Path
from core.store import begin_visit, new_key, open_store

children = []
for _ in range(10):
    children.append(os.fork())
    if not children[-1]:
        store = open_store(folder=Path(sys.argv[1]))
        begin_visit(store, new_key())
        os._exit(0 if store.note == "" else 1)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


def test_ten_processes_that_open_a_new_store_at_once_all_find_its_tables(tmp_path):
    command = [sys.executable, "-c", OPENERS, str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str([0] * 10)
    with sqlite3.connect(tmp_path / FILE) as connection:
        assert connection.execute("SELECT count(*) FROM visits").fetchone() == (10,)


def older_store(folder):
    """Make a store as the first version of its tables left it, with two experiments."""
    with create_engine(f"sqlite:///{folder / FILE}").connect() as connection:
        config = alembic.config.Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        alembic.command.upgrade(config, "0001")
        for each in (TUNED, OTHER):
            row = {"id": each.id, "content": each.canonical(), "created": 1.0}
            connection.execute(text("INSERT INTO experiments VALUES (:id, :content, :created)"), row)
        row = {"id": TUNED.id, "content": '{"value": 0.5}'}
        values = "1, :id, 'fine-tuned', 'fine-tune', :content, NULL, 2.5, 'torch', 'here', 2.0"
        connection.execute(text(f"INSERT INTO results VALUES ({values})"), row)
        connection.commit()


def test_an_older_store_is_brought_up_to_date_and_loses_nothing(tmp_path):
    older_store(tmp_path)
    store = open_store(folder=tmp_path)
    assert store.note == ""
    assert find_experiment(store, TUNED.id) == TUNED
    assert find_experiment(store, OTHER.id) == OTHER
    key = new_key()
    add_node(store, key, TUNED)
    ((experiment, result),) = tuned_results(store, key, "fine-tune", "fashion-mlp")
    assert (experiment, result.content, result.seconds) == (TUNED, {"value": 0.5}, 2.5)
    assert tuned_results(store, key, "fine-tune", "fashion-lenet5") == []


def test_the_migrations_end_at_the_tables_that_the_code_has(tmp_path):
    store = open_store(folder=tmp_path)
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
