"""Measure: which layers are fragile, and what each kind of sparsity really buys on this machine."""

import streamlit as st

from pages.parts.measure.confusion import show_confusion
from pages.parts.measure.forgotten import show_forgotten
from pages.parts.measure.fragile_layers import show_fragile_layers
from pages.parts.measure.report import offer_report
from pages.parts.measure.robustness import offer_shifts
from pages.parts.measure.search import offer_search
from pages.parts.measure.shipping import offer_shipping
from pages.shared.app_frame import require_app_frame
from pages.shared.errors import show_errors
from pages.shared.model_and_slider import choose_model_and_plan

require_app_frame()
st.subheader("What does it cost, and what does it buy?", anchor=False)
choices, results = st.container(), st.container()
with show_errors(results):
    name, plan, _ = choose_model_and_plan(choices, choices)
    with results:
        st.markdown("##### What would you gain by shipping it?")
        offer_shipping(name, plan)
        show_forgotten(name, plan)
        show_confusion(name, plan)
        st.markdown("##### How does it hold up on a worse day?")
        offer_shifts(name, plan)
        st.markdown("##### Which layers are fragile?")
        show_fragile_layers(name)
        st.markdown("##### What is the best under a budget?")
        offer_search(name)
        st.markdown("##### Take the figures home")
        offer_report(name, plan)
