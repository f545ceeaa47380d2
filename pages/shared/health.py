"""Health of this server in Prometheus' form, at PLAYGROUND_METRICS: a port, or ADDRESS:PORT; off without it."""

import logging
import os

import streamlit as st
from prometheus_client import start_http_server

from core.health import Health
from pages.shared import admission, answers, visit, workers


@st.cache_resource(show_spinner=False)
def health() -> Health:
    """Return what this server counts."""
    return Health(
        {
            "visitors": ("Visits whose browser is connected.", lambda: len(visit.connected())),
            "visitors_in_line": ("Visitors who wait to come in.", lambda: admission.line().waiting),
            "figures_waited_for": ("Answers that somebody waits for.", lambda: answers.lane().waiting),
            "jobs_waiting": ("Long work that waits for a worker.", lambda: workers.jobs().counts()[0]),
            "jobs_running": ("Long work under way.", lambda: workers.jobs().counts()[1]),
            "memory_bytes": ("Memory of the server without its workers.", admission.memory_in_use),
        }
    )


@st.cache_resource(show_spinner=False)
def _served() -> bool:
    """Begin to answer, once a server; an address that cannot be is told to its log."""
    address, _, port = os.environ["PLAYGROUND_METRICS"].rpartition(":")
    try:
        start_http_server(int(port), address or "127.0.0.1", health().registry)
    except (OSError, OverflowError, ValueError):
        logging.exception("PLAYGROUND_METRICS is no free port of this machine")
        return False
    return True


def serve() -> None:
    """Answer whoever asks how this server is, if its settings say where."""
    if os.environ.get("PLAYGROUND_METRICS"):
        _served()
