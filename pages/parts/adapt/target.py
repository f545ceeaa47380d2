"""What a network is to learn, from how many examples, and how it begins; taken in hand for every page."""

import streamlit as st

from core.language import text
from core.stages import catalogue_name, stored_weights, with_stored_weights
from core.tasks.catalog import offered
from core.tasks.names import STARTS, TaskName
from core.tasks.targets import Target
from pages.parts.adapt.own_data import own_targets
from pages.shared import cache, fine_tunes
from pages.shared.errors import show_errors
from pages.shared.in_hand import InHand
from pages.shared.own_networks import add_own_network
from pages.shared.words import option_labels, t

ALL = str(text("all"))


@st.cache_data(max_entries=100, show_spinner=False)
def targets_of(network: str) -> tuple[Target, ...]:
    """Describe what a network of the catalogue can learn."""
    return offered(network)


def say_what_can_be_adapted() -> None:
    """Say which networks have something to learn here, where the one in hand has not."""
    able = [t(info.title) for name, info in cache.tasks().items() if info.shipped and targets_of(name)]
    st.info(
        t(
            "For this network there is no other data here. These can learn something new: {names}.",
            names=t("; ").join(able),
        )
    )


def choose_target(hand: InHand) -> Target | None:
    """Ask what the network in hand shall learn and offer to take that in hand; None where there is nothing."""
    now = TaskName.read(catalogue_name(hand.network))
    known = {each.name: each for each in targets_of(now.network)} | own_targets(now.network)
    if not known:
        return None
    key = f"target of {now.network}"
    coming = st.session_state.pop("target next", None)
    if coming in known:
        st.session_state[key] = coming
    what, how_many, begin = st.columns([2, 2, 2], vertical_alignment="bottom", gap="medium")
    name = what.selectbox(
        t("New task"),
        list(known),
        index=list(known).index(now.target) if now.target in known else 0,
        format_func=option_labels({each.name: each.title for each in known.values()}),
        help=t("Other data that is here for this network: another task, another domain, another world, or your own."),
        key=key,
        persist_state="session",
    )
    target = known[name]
    counts = [str(each) for each in target.counts] + [ALL]
    count = how_many.segmented_control(
        t("Training examples"),
        counts,
        format_func=option_labels([ALL]),
        default=str(now.examples) if str(now.examples) in counts else counts[-2],
        help=t("How many examples of the new task it may learn from. Fewer are always among more."),
        key=f"examples of {now.network} {name}",
        required=True,
        persist_state="session",
    )
    start = begin.selectbox(
        t("How it begins"),
        list(STARTS),
        format_func=option_labels({each: t(about).partition(t(":"))[0] for each, about in STARTS.items()}),
        help=" ".join(t("{sentence}.", sentence=t(each)) for each in STARTS.values()),
        key="start",
        persist_state="session",
    )
    st.caption(t("{about} Data: {source}", about=t(target.about), source=t(target.source)))
    wanted = str(TaskName(now.network, name, None if count == ALL else int(count or counts[0]), start))
    if (weights := stored_weights(hand.network)) and start == "pretrained":
        wanted = with_stored_weights(wanted, weights)
    _offer_to_take(hand, wanted)
    return target


def _offer_to_take(hand: InHand, wanted: str) -> None:
    """Offer to take a network that is to learn in hand, and say what can be done with it then."""
    taken, beside = st.columns([1, 3], vertical_alignment="center", gap="medium")
    here = hand.network == wanted
    if taken.button(t("Take it in hand"), type="primary", key="take", disabled=here, width="stretch"):
        with show_errors():
            add_own_network(wanted, cache.info(wanted).title)
            st.session_state["model next"] = wanted
            st.rerun()
    if not here:
        beside.caption(t("Then every page is about it: prune it first and fine-tune it then, or the other way round."))
        return
    running = fine_tunes.current()
    busy = running is not None and running.active
    beside.caption(
        t(
            "It is in hand. **Explore** shows what its pruned body is worth before it has learned anything; "
            "**Fine-tune** lets it learn, at the amount that the slider says: at 0 % all of it, further up the pruned "
            "one. From a run you can go on and prune what has learned. A fine-tune is under way."
        )
        if busy
        else t(
            "It is in hand. **Explore** shows what its pruned body is worth before it has learned anything; "
            "**Fine-tune** lets it learn, at the amount that the slider says: at 0 % all of it, further up the pruned "
            "one. From a run you can go on and prune what has learned."
        )
    )
