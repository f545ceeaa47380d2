"""Start here: `streamlit run app.py`."""

import gc
import importlib
import sys
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.language import text
from pages.shared import link, menu, presenting, workers
from pages.shared.components import run_script
from pages.shared.language_choice import draw_language_choice, settle_language
from pages.shared.words import language, t

st.set_page_config("Pruning Playground", "✂️", layout="wide")
st.html(Path(__file__).parent / "assets" / "app.css")

link.follow_address()
settle_language()
presenting.settle_presenting()
SECTIONS: dict[str, list[StreamlitPage]] = {
    text("Experiment"): [
        st.Page("pages/explore.py", title=t("Explore"), icon=":material/tune:", default=True),
        st.Page("pages/fine_tune.py", title=t("Fine-tune"), icon=":material/healing:"),
        st.Page("pages/adapt.py", title=t("Adapt"), icon=":material/model_training:"),
        st.Page("pages/measure.py", title=t("Measure"), icon=":material/thermostat:"),
        st.Page("pages/compare.py", title=t("Compare"), icon=":material/compare_arrows:"),
    ],
    text("Your own"): [st.Page("pages/bring.py", title=t("Bring your own"), icon=":material/upload:")],
    text("Teach"): [
        st.Page("pages/learn.py", title=t("Learn"), icon=":material/school:"),
        st.Page("pages/classroom.py", title=t("Class"), icon=":material/groups:"),
    ],
    text("More"): [
        st.Page("pages/glossary.py", title=t("Glossary"), icon=":material/menu_book:"),
        st.Page("pages/about.py", title=t("About"), icon=":material/info:"),
    ],
}

page = st.navigation(SECTIONS, position="hidden")
menu.reserve(SECTIONS)
draw_language_choice()
presenting.draw_presenting_switch()
link.carry_choices_to(page)
st.session_state["within app"] = True
if "core.jobs.work" not in sys.modules:
    with st.spinner(t("Starting: getting the neural network library ready ...")):  # once a server, two to four seconds
        workers.jobs().prepare()  # they import it at the same time, so that the first curve begins as the page is there
        importlib.import_module("core.jobs.work")
        # Each message that a page sends waits for whichever thread computes; at five milliseconds each, Python's usual
        # time, thirty visitors wait for seconds.
        sys.setswitchinterval(0.00005)
        gc.freeze()  # going through all of torch at each collection of garbage would slow everybody
importlib.import_module("pages.shared.visit").open_visit()  # not above, since it needs that library
importlib.import_module("pages.shared.admission").enter()
importlib.import_module("pages.shared.health").serve()
run_script("language", {"language": language()})
bar = presenting.reserve_bar()
try:
    with workers.my_turn():
        page.run()
finally:
    menu.draw(link.address())
    presenting.draw_bar(bar)
