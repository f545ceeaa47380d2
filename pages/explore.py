"""Explore: pick a model, move the slider, watch, fine-tune, download."""

import streamlit as st

from pages.parts.explore.further_figures import show_further_figures
from pages.parts.explore.layer_table import show_layers
from pages.parts.explore.pictures import watch
from pages.parts.explore.try_it import offer_demo
from pages.shared import history
from pages.shared.app_frame import require_app_frame
from pages.shared.bar import choose_in_hand
from pages.shared.download import download_button, offer_all_formats
from pages.shared.errors import show_errors
from pages.shared.fine_tune_panel import show_fine_tune_panel
from pages.shared.no_examples import has_examples
from pages.shared.terms import show_terms
from pages.shared.words import t

require_app_frame()
st.title(t("How much of this network can you throw away?"), anchor=False)
choices, results, details = st.container(), st.container(), st.container()
with show_errors(results):
    hand = choose_in_hand(choices, details)
    subject = hand.subject
    with results:
        top, middle, bottom = st.container(), st.container(), st.container()
        result = watch(hand, top, middle)
        with bottom:
            if has_examples(hand.network):
                history.note_result(subject, result)
                show_fine_tune_panel(hand, result)
            else:
                download_button(hand, result)
    with details:
        offer_demo(subject)
        show_further_figures(subject)
        offer_all_formats(hand, result)
        show_layers(subject, result)
show_terms(
    "pruning",
    "weight",
    "sparsity",
    "threshold",
    "histogram",
    "accuracy",
    "validation-data",
    "confidence-interval",
    "dense",
    "repair",
    "fine-tuning",
    "score",
    "structured-pruning",
    "n-of-m",
    "lamp",
)
