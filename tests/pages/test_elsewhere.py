"""Work on other machines, as pages tell of it."""

from streamlit.testing.v1 import AppTest

from core.language import text, translate
from tests.conftest import ROOT


def test_a_scheduler_that_is_not_there_is_said_beside_the_page(monkeypatch):
    message = "The scheduler at {address} does not answer; this server does the work on its own."
    note = text(message, address="tcp://127.0.0.1:8786")
    monkeypatch.setattr("core.jobs.pool.Jobs.note", note)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params["lang"] = "zh"
    app.run()
    assert not app.exception
    (warning,) = app.sidebar.warning
    assert warning.value == translate("zh", note) != note
    assert "tcp://127.0.0.1:8786" in warning.value
