"""How a page gets its frame: layout, style sheet and navigation of app.py."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


def require_app_frame() -> None:
    """Make sure that a page is shown within app.py, even if its address is the first that a new server is asked for.

    Until app.py has named its pages, Streamlit takes a folder called pages for its older kind of app, and would run
    the page alone: without layout, style sheet and navigation. app.py leaves a mark in each visit.
    """
    if "within app" not in st.session_state:
        PagesManager.uses_pages_directory = False
        st.rerun()
