"""Terms of the glossary where a page or a lesson first uses them: a link that explains the term under the pointer."""

from urllib.parse import quote

import streamlit as st

from core.glossary import Glossary, link_terms, read_glossary
from pages.shared import link
from pages.shared.words import language, t

PAGE = "glossary"
"""How the address of the page with all terms ends."""


@st.cache_resource(max_entries=8, show_spinner=False)
def glossary(language: str) -> Glossary:
    """Return the glossary of a language, read once a server."""
    return read_glossary(language)


def with_terms(words: str) -> str:
    """Link each `[[id]]` or `[[id|words]]` of a text in the visitor's language to its entry in the glossary."""
    return link_terms(words, glossary(language()), f"{PAGE}?{_language()}term={{id}}")


def term(id: str, words: str = "") -> str:
    """Return the link to one term, as Markdown; words: how it is called there, its name if none are given."""
    return with_terms(f"[[{id}|{words}]]" if words else f"[[{id}]]")


def show_terms(*ids: str) -> None:
    """Say at the foot of a page which terms it uses, each a link."""
    named = " · ".join(f"[[{each}]]" for each in ids)
    st.caption(t("Words of this page: {terms}", terms=with_terms(named)))


def _language() -> str:
    """Return the language for a new tab, which else would begin with that of the browser."""
    chosen = link.address().get("lang")
    return f"lang={quote(chosen)}&" if chosen else ""
