"""Choices in the link: read before a widget is drawn, written after it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st


def from_link(key: str, options: Mapping[str, Any]) -> None:
    """Before a widget is drawn: let the link decide what it starts with, and drop a choice it no longer offers."""
    if key not in st.session_state and key in st.query_params:
        asked = st.query_params[key]
        if asked in options:
            st.session_state[key] = asked
        else:
            st.warning(f"The link asks for {key} = {asked[:60]!r}, which is not there; the usual choice is shown.")
    if key in st.session_state and str(st.session_state[key]) not in options:
        del st.session_state[key]


def to_link(key: str, value: str, usual: str) -> None:
    """After a widget is drawn: keep its value in the link, unless it is the usual one."""
    if value != usual:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def overrides_of(text: str, names: tuple[str, ...]) -> dict[str, float]:
    """Read "layer:percent,layer:percent" from a link; what does not fit is left out, with a sentence."""
    found = {}
    for part in filter(None, text.split(",")):
        layer, _, share = part.rpartition(":")
        try:
            value = float(share) / 100
        except ValueError:
            value = -1.0
        if layer in names and 0 <= value <= 1:
            found[layer] = value
        else:
            st.warning(f"The link gives a layer a share that does not fit: {part[:60]!r}. It is left out.")
    return found
