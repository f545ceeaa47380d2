"""One experiment of the history: its name and note, and the ways from here."""

import streamlit as st

from core.store import delete_node, rename_node
from core.store.visits import LONGEST_NAME, LONGEST_NOTE
from pages.parts.history.entries import Tried, next_percent, title_of
from pages.shared import visit
from pages.shared.format import format_percent
from pages.shared.own_networks import add_own_network
from pages.shared.storage import store


def show_selected(tried: Tried, gone_on: list[str]) -> None:
    """Show an experiment, and offer to name it, open it, go on from it and delete it.

    gone_on: labels of the experiments that begin with its result. Raises StoreUnavailable.
    """
    with st.container(border=True, key="selected-run"):
        st.text(describe(tried))  # not Markdown: names and notes are shown as they were written
        _offer_to_name(tried)
        opened, further, deleted, _ = st.columns([1, 2, 1, 2], vertical_alignment="center", gap="small")
        with opened:
            stage = {"stage": "Fine-tuned"} if tried.tuned and tried.tuned.artefact else {}
            link = {**tried.experiment.to_link(), **stage}
            st.page_link("pages/explore.py", label="Open", icon=":material/open_in_new:", query_params=link)
        with further:
            _offer_to_go_on(tried)
        with deleted:
            _offer_to_delete(tried, gone_on)


def describe(tried: Tried) -> str:
    """Say in one line which experiment this is; plain text."""
    plan = tried.experiment.plan
    choices = plan.choices
    removed = f"{format_percent(tried.tuned.sparsity)} removed" if tried.tuned else "not fine-tuned"
    ways = f"{choices.granularity.label}, {choices.criterion.label}, {choices.scope.label}"
    named = f" “{tried.node.name}”" if tried.node.name else ""
    return f"Run {tried.number}{named}: {title_of(tried.experiment.network)}, {removed} ({ways})"


def _offer_to_name(tried: Tried) -> None:
    number = tried.experiment.id
    with st.form(f"naming-{number}", border=False):
        left, right, keep = st.columns([2, 3, 1], vertical_alignment="bottom", gap="small")
        name = left.text_input("Name", tried.node.name, max_chars=LONGEST_NAME, key=f"name-{number}")
        note = right.text_input("Note", tried.node.note, max_chars=LONGEST_NOTE, key=f"note-{number}")
        if keep.form_submit_button("Keep", width="stretch", help="Give this run this name and this note."):
            rename_node(store(), visit.visit_key(), number, name, note)
            st.rerun()


def _offer_to_go_on(tried: Tried) -> None:
    """Offer a new experiment that begins with what this one has reached, with more of it removed."""
    tuned = tried.tuned
    if tuned is None or not tuned.artefact:
        st.button(
            "Go on from here",
            key="go-on",
            disabled=True,
            help="Its weights are not here any more." if tuned else "Fine-tune it first.",
        )
        return
    percent = next_percent(tuned.sparsity)
    about = f"Prune and fine-tune what this run has reached once more, from {percent:g} % on; the slider says how much."
    if st.button("Go on from here", key="go-on", help=about, icon=":material/step_over:"):
        network = tuned.subject.as_network
        add_own_network(network, f"{tried.label}, {format_percent(tuned.sparsity)} removed: {title_of(network)}")
        choices = {"model": network, "parent": tried.experiment.id, "threshold": f"{percent:g}"}
        st.switch_page("pages/explore.py", query_params=choices)


def _offer_to_delete(tried: Tried, gone_on: list[str]) -> None:
    """Offer to delete an experiment, and ask once more; not while others begin with its weights."""
    with st.popover("Delete", width="stretch"):
        if gone_on:
            st.text(f"Delete first what begins with its result: {', '.join(gone_on)}.")
            return
        st.markdown("Its name, its note and its weights are deleted. Download first what you want to keep.")
        if st.button("Delete this run", key=f"delete-{tried.experiment.id}", type="primary"):
            delete_node(store(), visit.visit_key(), tried.experiment.id)
            st.session_state["deleted runs"] = st.session_state.get("deleted runs", 0) + 1
            st.rerun()
