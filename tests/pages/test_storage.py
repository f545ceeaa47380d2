"""Where the app keeps things: a database that Streamlit's secrets name, or a file."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
from core.experiment import Experiment
from core.store import find_experiment, save_experiment
from pages.shared.storage import store
experiment = Experiment("fashion-mlp")
save_experiment(store(), experiment)
print(store().note or "kept", store().engine.dialect.name, find_experiment(store(), experiment.id) == experiment)
"""


def answer(folder, url: str) -> str:
    """Open the app's store in a process of its own, whose secrets name a database; return what it says."""
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(f'[connections.sql]\nurl = "{url}"\n')
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PLAYGROUND_DATA": str(folder / "data")}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return run.stdout.splitlines()[-1]


def test_a_database_of_the_secrets_is_the_store(tmp_path, postgres):
    assert answer(tmp_path, postgres) == "kept postgresql True"


@pytest.mark.parametrize("url", ["postgresql+psycopg://nobody@127.0.0.1:9/nothing", "mysql://a@b/c"])
def test_a_database_that_does_not_answer_is_a_sentence_and_memory(tmp_path, url):
    said = answer(tmp_path, url)
    assert "lasts until this server ends" in said
    assert said.endswith("sqlite True")
