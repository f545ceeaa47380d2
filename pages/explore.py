"""Explore: pick a model, move the slider, watch, fine-tune, download."""

import streamlit as st

from pages.parts.explore.further_figures import show_further_figures
from pages.parts.explore.headline import show_headline
from pages.parts.explore.layer_table import show_layers
from pages.parts.explore.pictures import show_pictures
from pages.parts.explore.try_it import offer_demo
from pages.shared import history
from pages.shared.app_frame import require_app_frame
from pages.shared.download import offer_all_formats
from pages.shared.errors import show_errors
from pages.shared.fine_tune_panel import show_fine_tune_panel
from pages.shared.model_and_slider import choose_model_and_plan

require_app_frame()
st.subheader("How much of this network can you throw away?", anchor=False)
choices, results, details = st.container(), st.container(), st.container()
with show_errors(results):
    name, plan, percent = choose_model_and_plan(choices, details)
    with results:
        top, middle, bottom = st.container(), st.container(), st.container()
        with top:
            drawn = show_headline(name, plan)
            result = next(drawn)
        with middle:
            show_pictures(name, plan, percent, result)
        *_, result = (result, *drawn)  # the figures that take longer are filled in meanwhile
        history.note_result(name, result)
        with bottom:
            show_fine_tune_panel(name, plan, result)
    with details:
        offer_demo(name, plan)
        show_further_figures(name, plan)
        offer_all_formats(name, plan, result)
        show_layers(name, result)
