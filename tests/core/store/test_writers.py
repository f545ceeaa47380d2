"""Thirty processes that write at once lose nothing, on SQLite and on PostgreSQL; one is killed in the middle."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from sqlalchemy import create_engine, text

from core.experiment import Experiment
from core.pruning import PruningPlan
from core.store import find_experiment, open_store, save_experiment
from core.store.database import FILE
from tests.conftest import ROOT
from tests.core.store.writers import URL

WRITERS, SECONDS = 30, 5.0


def written(folder: Path, url: str = "") -> list[dict[str, int]]:
    """Let the writers write; return what each of those that were not killed says of itself."""
    command = [sys.executable, "-m", "tests.core.store.writers", str(folder), str(WRITERS), str(SECONDS)]
    environment = {**os.environ, **({URL: url} if url else {})}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(run.stdout.splitlines()[-1])
    print(
        f"{sum(each['kept'] for each in told):,} results by {len(told)} writers in {SECONDS:.0f} s, "
        f"{sum(each['refused'] for each in told)} refused, slowest {max(each['slowest'] for each in told)} ms"
    )
    return told


def check(told: list[dict[str, int]], engine: object, folder: Path) -> None:
    assert len(told) == WRITERS - 1
    assert all(each["kept"] > 0 for each in told)
    assert sum(each["refused"] for each in told) == 0
    assert sum(each["missing"] for each in told) == 0
    with engine.connect() as connection:
        results, whole = (
            connection.execute(text(f"SELECT count(*) FROM results{condition}")).scalar()
            for condition in ("", " WHERE artefact IS NOT NULL")
        )
        visits = connection.execute(text("SELECT count(*) FROM visits")).scalar()
        hashes = {row[0] for row in connection.execute(text("SELECT hash FROM artefacts"))}
    assert results == whole >= sum(each["kept"] for each in told)
    assert visits >= WRITERS - 1  # the one that was killed may not have come to write
    assert hashes <= {path.name for path in (folder / "artefacts").iterdir()}


def test_on_sqlite(tmp_path):
    told = written(tmp_path)
    check(told, create_engine(f"sqlite:///{tmp_path / FILE}"), tmp_path)


def test_on_postgresql(tmp_path, postgres):
    told = written(tmp_path, postgres)
    check(told, create_engine(postgres), tmp_path)


def test_the_same_store_on_postgresql_opens_again(tmp_path, postgres):
    experiment = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.25))
    first = open_store(create_engine(postgres), tmp_path)
    assert first.note == ""
    save_experiment(first, experiment)
    assert find_experiment(open_store(create_engine(postgres), tmp_path), experiment.id) == experiment


def test_a_database_that_is_not_there_is_a_note(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        engine = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free.getsockname()[1]}/nothing")
        store = open_store(engine, tmp_path)
    assert "lasts until this server ends" in store.note
    save_experiment(store, Experiment())
