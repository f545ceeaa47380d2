"""Whole methods on one screen, in numpy, and a classic mistake that fails."""

import inspect
from collections.abc import Mapping

import streamlit as st

from core.lessons.classic_mistakes import forget_the_next_layer, layers_of
from core.pruning import by_hand
from core.stages import Subject
from pages.parts.learn.truths import subject_of
from pages.shared import cache
from pages.shared.words import t


def show_by_hand(given: Mapping[str, str], key: str) -> None:
    """Show a whole method in numpy: repair of one layer, or pruning of neurons with the second mistake failing."""
    subject = subject_of({"model": "fashion-mlp", **given})
    repairs = given.get("method") == "repair"
    if not repairs:
        _show_mistake(subject)
    with st.expander(t("The whole method, on one screen")):
        shown = (by_hand.repair_layer,) if repairs else (by_hand.prune_neurons, by_hand.run)
        st.code("\n\n".join(inspect.getsource(each) for each in shown), "python")


def _show_mistake(subject: Subject) -> None:
    """Delete rows and forget the next layer; say in plain words what does not fit, then as numpy has it."""
    layers = layers_of(cache.task(subject.network).model)
    found = forget_the_next_layer(layers, cache.settled_result(subject).threshold or 0.0)
    if found is None:
        st.markdown(t("Nothing broke."))
        return
    st.markdown(
        t(
            "Rows deleted, the next layer forgotten: it expects {expects} inputs and gets {gets}.",
            expects=found.expects,
            gets=found.gets,
        )
    )
    st.caption(t("What numpy says to that: `{said}`", said=found.said))
