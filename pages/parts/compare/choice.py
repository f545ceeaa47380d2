"""Which networks are compared: some of every field, the one in hand, and the visit's own."""

import streamlit as st

from core.errors import BadInput, PlaygroundError
from core.language import text
from core.stages import catalogue_name
from core.tasks import missing
from pages.shared import cache
from pages.shared.no_examples import has_examples
from pages.shared.own_networks import list_own_networks
from pages.shared.words import t

USUAL = ("fashion-lenet5", "reuters-cnn", "movielens-ncf", "cartpole-policy")

KEY, IN_HAND = "compared", "compared in hand"
"""Names in a session of what is compared, and of what was in hand then."""


def choose_networks(in_hand: str) -> list[str]:
    """Ask for networks to compare; the one in hand is among them until somebody takes it out."""
    shipped = [name for name, info in cache.tasks().items() if info.shipped or not missing(name)]
    offered = list(dict.fromkeys([*shipped, *list_own_networks(), in_hand]))
    chosen = list(st.session_state.get(KEY, USUAL))
    before = st.session_state.get(IN_HAND)
    if before != in_hand:
        chosen = [name for name in chosen if name != before or name in USUAL] + [in_hand]
    st.session_state[IN_HAND] = in_hand
    st.session_state[KEY] = [name for name in dict.fromkeys(chosen) if name in offered]
    titles = {name: full_title(name) for name in offered}
    return st.multiselect(
        t("Networks to compare"), offered, format_func=titles.__getitem__, key=KEY, persist_state="session"
    )


def full_title(name: str) -> str:
    """Return what a network is called in lists; its bare name if it is gone."""
    if name in cache.tasks():
        return t(cache.tasks()[name].title)
    try:
        return t(list_own_networks().get(name) or cache.info(name).title)
    except PlaygroundError:
        return name


def short_title(name: str) -> str:
    """Return what a network is called in a chart: without its data, with whose weights it has."""
    title, usual = full_title(name), cache.tasks().get(catalogue_name(name))
    if name in list_own_networks():
        return title
    return title.split(" - ")[0] + (title.removeprefix(t(usual.title)) if usual else "")


def require_examples(name: str) -> None:
    """Raise BadInput for a network without validation data, which cannot be judged here."""
    if not has_examples(name):
        raise BadInput(
            text("It came without examples, so that nothing can be judged."), text("Judge it on Bring your own.")
        )


def can_be_judged(name: str) -> bool:
    """Whether a network is here, with validation data."""
    try:
        return has_examples(name)
    except PlaygroundError:
        return False
