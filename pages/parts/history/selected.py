"""One experiment of the history: its name and note, and the ways from here."""

import streamlit as st

from core.language import text
from core.store import delete_node, rename_node
from core.store.visits import LONGEST_NAME, LONGEST_NOTE
from pages.parts.history.entries import Tried, next_percent, title_for_any, title_of
from pages.shared import visit
from pages.shared.format import format_percent
from pages.shared.own_networks import add_own_network
from pages.shared.promises import describe_verdict
from pages.shared.storage import store
from pages.shared.words import t


def show_selected(tried: Tried, gone_on: list[str]) -> None:
    """Show an experiment, and offer to name it, open it, go on from it and delete it.

    gone_on: labels of the experiments that begin with its result. Raises StoreUnavailable.
    """
    with st.container(border=True, key="selected-run"):
        st.text(describe(tried))  # not Markdown: names and notes are shown as they were written
        if tried.tuned and tried.tuned.promise:
            st.text(describe_verdict(tried.tuned.promise, tried.tuned.tuned, tried.tuned.state == "done"))
        _offer_to_name(tried)
        opened, further, deleted, _ = st.columns([1, 2, 1, 2], vertical_alignment="center", gap="small")
        with opened:
            stage = {"stage": "Fine-tuned"} if tried.tuned and tried.tuned.artefact else {}
            link = {**tried.experiment.to_link(), **stage}
            st.page_link("pages/explore.py", label=t("Open"), icon=":material/open_in_new:", query_params=link)
        with further:
            _offer_to_go_on(tried)
        with deleted:
            _offer_to_delete(tried, gone_on)


def describe(tried: Tried) -> str:
    """Say in one line which experiment this is; plain text."""
    plan = tried.experiment.plan
    said = {
        "number": tried.number,
        "network": title_of(tried.experiment.network),
        "removed": t("{sparsity} removed", sparsity=format_percent(tried.tuned.sparsity))
        if tried.tuned
        else t("not fine-tuned"),
        "ways": t(", ").join(t(choice.label) for choice in plan.choices),
    }
    if tried.node.name:
        return t("Run {number} “{name}”: {network}, {removed} ({ways})", name=tried.node.name, **said)
    return t("Run {number}: {network}, {removed} ({ways})", **said)


def _offer_to_name(tried: Tried) -> None:
    number = tried.experiment.id
    with st.form(f"naming-{number}", border=False):
        left, right, keep = st.columns([2, 3, 1], vertical_alignment="bottom", gap="small")
        name = left.text_input(t("Name"), tried.node.name, max_chars=LONGEST_NAME, key=f"name-{number}")
        note = right.text_input(t("Note"), tried.node.note, max_chars=LONGEST_NOTE, key=f"note-{number}")
        if keep.form_submit_button(t("Keep"), width="stretch", help=t("Give this run this name and this note.")):
            rename_node(store(), visit.visit_key(), number, name, note)
            st.rerun()


def _offer_to_go_on(tried: Tried) -> None:
    """Offer a new experiment that begins with what this one has reached, with more of it removed."""
    tuned = tried.tuned
    if tuned is None or not tuned.artefact:
        st.button(
            t("Go on from here"),
            key="go-on",
            disabled=True,
            help=t("Its weights are not here any more.") if tuned else t("Fine-tune it first."),
        )
        return
    percent = next_percent(tuned.sparsity)
    about = t(
        "Prune and fine-tune what this run has reached once more, from {percent:g} % on; the slider says how much.",
        percent=percent,
    )
    if st.button(t("Go on from here"), key="go-on", help=about, icon=":material/step_over:"):
        network = tuned.subject.as_network
        title = text(
            "{run}, {sparsity} removed: {network}",
            run=tried.called,
            sparsity=format_percent(tuned.sparsity),
            network=title_for_any(network),
        )
        add_own_network(network, title)
        choices = {"model": network, "parent": tried.experiment.id, "threshold": f"{percent:g}"}
        st.switch_page("pages/explore.py", query_params=choices)


def _offer_to_delete(tried: Tried, gone_on: list[str]) -> None:
    """Offer to delete an experiment, and ask once more; not while others begin with its weights."""
    with st.popover(t("Delete"), width="stretch"):
        if gone_on:
            st.text(t("Delete first what begins with its result: {names}.", names=t(", ").join(gone_on)))
            return
        st.markdown(t("Its name, its note and its weights are deleted. Download first what you want to keep."))
        if st.button(t("Delete this run"), key=f"delete-{tried.experiment.id}", type="primary"):
            delete_node(store(), visit.visit_key(), tried.experiment.id)
            st.session_state["deleted runs"] = st.session_state.get("deleted runs", 0) + 1
            st.rerun()
