"""The store of this server: experiments, weights and visits, in a file of the user's or in a database of its own."""

import logging
import os
from typing import Any

import streamlit as st

from core.language import text
from core.store import Store, open_in_memory, open_store


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """Open the store once; a database is taken from the connection `sql` of Streamlit's secrets, if there is one."""
    try:
        opened = open_store(_database())
    except Exception:  # whatever a wrong address or a missing driver makes of itself
        logging.exception("the database of the secrets")
        note = text("The database that this server's secrets name cannot be used; its log says why.")
        opened = open_in_memory(note)
    os.environ["PLAYGROUND_DATA"] = str(opened.folder)  # where worker processes read weights
    return opened


def _database() -> Any:
    try:
        configured = "sql" in st.secrets.get("connections", {})
    except FileNotFoundError:
        return None
    return st.connection("sql").engine if configured else None
