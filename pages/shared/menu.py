"""The menu in the sidebar: links to the pages that carry what is in hand, so that a page is one step in the history."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from pages.shared.words import t

Sections = Mapping[str, Sequence[StreamlitPage]]


def reserve(sections: Sections) -> None:
    """Keep a place for the menu; it is drawn once the address is known."""
    st.session_state["menu"] = (sections, st.sidebar.container(key="menu"))


def draw(address: Mapping[str, str]) -> None:
    """Draw the menu, once in each run of a page; address: the parameters that its links carry."""
    reserved = st.session_state.pop("menu", None)
    if reserved is None:
        return
    sections, place = reserved
    with place:
        for title, pages in sections.items():
            st.caption(t(title))
            for page in pages:
                st.page_link(page, label=page.title, icon=page.icon, width="stretch", query_params=dict(address))
