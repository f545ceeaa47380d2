"""Networks as worker processes load them."""

import importlib

import pytest

MODULE = importlib.import_module("core.jobs.work.loader")  # whose name in the folder is that of its function


@pytest.mark.parametrize("elsewhere", [True, False])
def test_only_a_worker_of_another_machine_fetches_what_its_server_has(monkeypatch, elsewhere):
    done = []
    monkeypatch.delenv("PLAYGROUND_FETCHES", raising=False)
    if elsewhere:
        monkeypatch.setenv("PLAYGROUND_FETCHES", "1")
    monkeypatch.setattr(MODULE, "missing", lambda name: (f"file of {name}",))
    monkeypatch.setattr(MODULE, "fetch", lambda remote: iter([done.append(remote)]))
    monkeypatch.setattr(MODULE, "load", lambda name: done.append(f"load {name}") or "task")
    load = MODULE.loader()
    assert (load("net"), load("net")) == ("task", "task")
    assert done == (["file of net"] if elsewhere else []) + ["load net"]
