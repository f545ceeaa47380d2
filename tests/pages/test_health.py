"""A full server shows a line and lets people in by themselves; a server says how it is where its settings say so."""

import socket
import urllib.request

import pytest

from pages.shared import admission, health, visit
from tests.pages.test_explore import metric, open_app


@pytest.fixture
def one_at_a_time(monkeypatch):
    """A server for one visitor, and who is connected to it."""
    connected = set()
    monkeypatch.setenv("PLAYGROUND_VISITORS", "1")
    monkeypatch.setattr(visit, "connected", lambda: connected)
    admission.line.clear()
    yield connected
    admission.line.clear()


def test_who_finds_a_full_server_sees_the_line_and_comes_in_when_somebody_leaves(one_at_a_time):
    one_at_a_time.add("somebody")
    assert admission.line().ask("somebody").number == 0
    app = open_app(model="fashion-mlp")
    assert not app.exception
    assert [each.label for each in app.metric] == ["Your place in the line"]
    assert metric(app, "Your place in the line").value == "1"
    one_at_a_time.clear()
    app.run()
    assert not app.exception
    assert "Sparsity" in [each.label for each in app.metric]
    assert app.query_params["model"] == "fashion-mlp"  # what the link asked for is not lost


def test_the_line_is_in_the_language_of_the_visitor(one_at_a_time):
    one_at_a_time.add("somebody")
    admission.line().ask("somebody")
    app = open_app(lang="zh")
    assert app.title[0].value != "This server is full just now"


@pytest.mark.parametrize("setting", ["", "many", "-3", "1.5"])
def test_a_slip_in_a_setting_does_not_close_the_door(monkeypatch, setting):
    monkeypatch.setenv("PLAYGROUND_VISITORS", setting)
    monkeypatch.setenv("PLAYGROUND_MEMORY", setting)
    admission.line.clear()
    assert admission.line().ask("anybody").number == 0
    admission.line.clear()


def test_a_server_that_holds_more_memory_than_it_may_lets_nobody_else_in(monkeypatch):
    monkeypatch.setenv("PLAYGROUND_MEMORY", "1")
    admission.line.clear()
    assert admission.memory_in_use() > 1_000_000
    assert admission.line().ask("anybody").number == 1
    admission.line.clear()


def test_figures_of_the_server_are_served_where_its_settings_say_so(monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("PLAYGROUND_METRICS", str(port))
    health._served.clear()
    app = open_app(model="fashion-mlp", threshold="63.7")
    assert not app.exception
    said = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    values = dict(line.rsplit(" ", 1) for line in said.splitlines() if not line.startswith("#"))
    assert float(values['playground_figure_seconds_count{figure="first"}']) >= 1
    asked = sum(float(values.get(f'playground_answers_total{{known="{known}"}}', 0)) for known in ("yes", "no"))
    assert asked >= float(values['playground_figure_seconds_count{figure="settled"}']) >= 1
    assert float(values["playground_memory_bytes"]) > 1e8
    assert {"playground_visitors", "playground_jobs_waiting", "playground_jobs_running"} <= set(values)


def test_an_address_that_cannot_be_is_told_to_the_log_and_the_app_goes_on(monkeypatch, caplog):
    monkeypatch.setenv("PLAYGROUND_METRICS", "nowhere:none")
    health._served.clear()
    assert not open_app(model="fashion-mlp").exception
    assert "PLAYGROUND_METRICS" in caplog.text
    health._served.clear()
