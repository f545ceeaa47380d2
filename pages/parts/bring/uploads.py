"""Pictures, texts and sets that a visitor brought: read once, kept in their session alone, and gone with it."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.shared.visitor_work import compute_once
from pages.shared.words import say_rows, t

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
    st.dataframe(pd.DataFrame(say_rows(rows[:MOST_LINES])), hide_index=True)
    if len(rows) > MOST_LINES:
        st.caption(t("The first {shown} of {count:,}.", shown=MOST_LINES, count=len(rows)))


def show_left_out(found: Sequence[tuple[str, str]]) -> None:
    """Say how much of a set could not be judged, and show (what, why) of the first of it."""
    st.warning(t("Left out: {count:,} that could not be judged.", count=len(found)))
    show_first_lines([{t("What"): what, t("Why"): t(why)} for what, why in found])
