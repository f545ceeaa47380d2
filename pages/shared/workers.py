"""The worker processes of this server; apart from the other caches, so that they start before torch is imported."""

import streamlit as st

from core.jobs.pool import Jobs


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """Return the workers that do long work."""
    return Jobs()
