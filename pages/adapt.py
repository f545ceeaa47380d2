"""Adapt: let a pretrained network learn something new, and see what its past is worth."""

import streamlit as st

from core.stages import catalogue_name, stored_weights
from core.tasks.names import TaskName
from pages.parts.adapt.own_data import offer_own_data
from pages.parts.adapt.person import offer_person
from pages.parts.adapt.target import choose_target, say_what_can_be_adapted
from pages.parts.adapt.ways import offer_comparison
from pages.shared.app_frame import require_app_frame
from pages.shared.bar import choose_in_hand
from pages.shared.errors import show_errors
from pages.shared.terms import show_terms
from pages.shared.words import t

require_app_frame()
st.title(t("What is its past worth, when it learns something new?"), anchor=False)
choices, results = st.container(), st.container()
with show_errors(results):
    hand = choose_in_hand(choices, choices)
    with results:
        network = TaskName.read(catalogue_name(hand.network)).network
        st.markdown(f"## {t('What shall it learn?')}")
        target = choose_target(hand)
        if target is None:
            say_what_can_be_adapted()
        else:
            st.markdown(f"## {t('From scratch, the last layer, or all of it?')}")
            offer_comparison(network, target, hand.plan, stored_weights(hand.network))
        offer_person(hand)
        with st.expander(t("Or your own data")):
            offer_own_data(network)
show_terms(
    "pretrained",
    "adapting",
    "from-scratch",
    "initialisation",
    "layer",
    "training-data",
    "over-fitting",
    "checkpoint",
)
