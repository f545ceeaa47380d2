"""Pictures, texts and sets that a visitor brought: read once, kept in their session alone, and gone with it."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared.visitor_work import compute_once

MOST_LINES = 100
"""Lines of a table about a file that are shown."""


def read_upload(key: str, name: str, upload: Any, reader: Callable[[bytes], Any]) -> Any:
    """Read an upload once, with `reader` of its bytes, and keep what it is in the visit; None without an upload.

    key: where it is kept; name: of the model that it is for.
    """
    if upload is None:
        st.session_state.pop(key, None)
        return None
    return compute_once(key, f"{name} {upload.file_id}", lambda: reader(upload.getvalue()))


def show_first_lines(rows: Sequence[dict[str, str]]) -> None:
    """Show the first lines of a table about a file, and say how many there are."""
    st.dataframe(pd.DataFrame(rows[:MOST_LINES]), hide_index=True)
    if len(rows) > MOST_LINES:
        st.caption(f"The first {MOST_LINES} of {len(rows):,}.")
