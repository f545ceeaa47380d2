"""Measure: which layers are fragile, and what each kind of sparsity really buys on this machine."""

import streamlit as st

from pages.parts.measure.confusion import show_confusion
from pages.parts.measure.ends import offer_ends
from pages.parts.measure.engines import offer_engines
from pages.parts.measure.file_steps import offer_file_steps
from pages.parts.measure.forgotten import show_forgotten
from pages.parts.measure.fragile_layers import show_fragile_layers
from pages.parts.measure.report import offer_report
from pages.parts.measure.robustness import offer_shifts
from pages.parts.measure.search import offer_search
from pages.parts.measure.shipping import offer_shipping
from pages.shared.app_frame import require_app_frame
from pages.shared.bar import choose_in_hand
from pages.shared.errors import show_errors
from pages.shared.in_hand import InHand
from pages.shared.no_examples import has_examples, offer_to_bring_examples
from pages.shared.terms import show_terms
from pages.shared.words import t


def show_judged(hand: InHand) -> None:
    """Show all that takes examples to judge on."""
    show_forgotten(hand.subject)
    show_confusion(hand.subject)
    st.markdown(f"## {t('How does it hold up on a worse day?')}")
    offer_shifts(hand.subject)
    st.markdown(f"## {t('Which layers are fragile?')}")
    show_fragile_layers(hand.subject.as_network)
    st.markdown(f"## {t('What is the best under a budget?')}")
    offer_search(hand.subject.as_network)
    st.markdown(f"## {t('Which sparsity for which end?')}")
    offer_ends(hand.subject.as_network)
    st.markdown(f"## {t('Take the figures home')}")
    offer_report(hand)


require_app_frame()
st.title(t("What does it cost, and what does it buy?"), anchor=False)
choices, results = st.container(), st.container()
with show_errors(results):
    hand = choose_in_hand(choices, choices)
    with results:
        st.markdown(f"## {t('What would you gain by shipping it?')}")
        offer_shipping(hand.subject)
        if has_examples(hand.network):
            offer_engines(hand.subject)
            offer_file_steps(hand.subject)
            show_judged(hand)
        else:
            offer_to_bring_examples()
show_terms(
    "shifted-data",
    "recall",
    "confusion-matrix",
    "sensitivity",
    "macs",
    "latency",
    "engine",
    "frontier",
    "paired-comparison",
    "test-data",
)
