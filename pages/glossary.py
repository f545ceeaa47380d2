"""Glossary: what the words of the app mean, each once."""

import streamlit as st

from core.glossary import Glossary, Term
from pages.shared import link
from pages.shared.app_frame import require_app_frame
from pages.shared.components import run_script
from pages.shared.errors import show_error
from pages.shared.terms import glossary
from pages.shared.words import language, t, t_of


def show_term(term: Term, known: Glossary, asked: bool) -> None:
    """Draw one term and what belongs to it; its heading is where links to it lead, framed if a link asked for it."""
    with st.container(border=asked, gap="xxsmall", key=f"term-{term.id}"):
        st.header(term.name[:1].upper() + term.name[1:], anchor=term.id)
        st.markdown(term.meaning)
        see = [f"[{known.terms[each].name}](#{each})" for each in term.see if each in known.terms]
        if see:
            st.caption(t("See also: {terms}", terms=" · ".join(see)))
        if term.source:
            st.caption(term.source)


require_app_frame()
st.title(t("What do the words mean?"), anchor=False)
known, asked = glossary(language()), link.requested("term")
wanted = st.text_input(t("Find a term"), key="wanted-term", placeholder=t("Part of a name, or of what it means"))
link.say("term", asked or "")
link.publish()
if asked and asked not in known.terms:
    st.warning(t("The link asks for a term {term}, which is not in the glossary.", term=repr(asked[:60])))
for problem in known.broken:
    show_error(t(problem.what), t(problem.advice))
found = known.search(wanted)
st.caption(t_of("{count} term", "{count} terms", len(found)) if found else t("No term has all of these words."))
for each in found:
    show_term(each, known, each.id == asked)
if asked in known.terms:
    run_script("scroll_to", {"id": asked})
