"""Networks that come without examples, as those of the Hub do: what is missing, and where some can be brought."""

import streamlit as st

from pages.shared import cache, link
from pages.shared.words import t


def has_examples(name: str) -> bool:
    """Whether there is validation data to judge a network on."""
    return cache.task(name).count("validation") > 0


def offer_to_bring_examples() -> None:
    """Say that nothing can be judged here, and offer the page on which examples can be brought."""
    st.info(t("This network came without examples, so that nothing can be judged until you bring some."))
    if st.button(t("Bring your own"), icon=":material/upload:", key="bring-examples"):
        st.switch_page("pages/bring.py", query_params=link.address())
