"""In which language a visitor reads: as a link says at first, else as the browser asks, else as they choose."""

import streamlit as st

from core.language import best_language, languages
from pages.shared import link
from pages.shared.words import KEY, language, t


def settle_language() -> None:
    """Decide on a language before anything is drawn; the link holds it where it is not the one of the browser."""
    usual = best_language([st.context.locale] if st.context.locale else [])
    link.read_choice(KEY, languages(), usual=usual)
    st.session_state.setdefault(KEY, usual)
    link.write_choice(KEY, language(), usual)


def draw_language_choice() -> None:
    """Let people choose, below the menu."""
    st.sidebar.segmented_control(
        t("Language"),
        list(languages()),
        format_func=languages().__getitem__,
        key=KEY,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
