"""Each sentence in the language that a visitor reads."""

from typing import Any

import streamlit as st

from core.language import SOURCE, translate, translate_of

KEY = "lang"
"""Name of the choice in the session and in a link."""


def language() -> str:
    """Return the language that this visitor reads."""
    return st.session_state.get(KEY) or SOURCE


def t(message: str, /, **values: Any) -> str:
    """Say a message in the visitor's language; values stand in braces. What `core` says is given as it is."""
    return translate(language(), message, **values)


def t_of(one: str, many: str, /, count: int, **values: Any) -> str:
    """Say a sentence of so many things in the visitor's language."""
    return translate_of(language(), one, many, count, **values)
