"""Bring your own: weights, pictures, texts and labelled sets, judged beside the stage in hand."""

import streamlit as st

from core.stages import stored_weights
from core.tasks.hub.local import is_of_hub
from pages.parts.bring.architecture import ask_for_architecture
from pages.parts.bring.example import offer_example
from pages.parts.bring.hub import ask_for_hub_model, say_which_revision
from pages.parts.bring.judging import Judged, in_view, judge_here, pack_zip, show_judging
from pages.parts.bring.labelled_set import offer_labelled_set
from pages.parts.bring.onnx import show_onnx
from pages.parts.bring.weights import ask_for_weights
from pages.shared.app_frame import require_app_frame
from pages.shared.bar import choose_in_hand
from pages.shared.errors import show_errors
from pages.shared.in_hand import InHand

LISTED, BY_NAME, FROM_HUB, ONNX = (
    "One of the list",
    "An architecture by name",
    "A classifier of the Hub",
    "An ONNX file",
)


def ask_for_source() -> str:
    """Ask where the network comes from; one of the Hub is asked for here."""
    source = st.segmented_control(
        "Network", (LISTED, BY_NAME, FROM_HUB, ONNX), default=LISTED, required=True, key="source"
    )
    if source == FROM_HUB:
        with show_errors():
            ask_for_hub_model()
    elif source == BY_NAME:
        with show_errors():
            ask_for_architecture()
    return source or LISTED


def show_in_hand(hand: InHand, source: str) -> None:
    """Ask for weights and data of the visitor's own; show how the stage in hand does on them."""
    brought = ask_for_weights(hand.network) if source == LISTED else None
    if is_of_hub(hand.network):
        say_which_revision(hand.network)
    judged = judge_here(brought, hand.plan) if brought else in_view(hand.subject)
    show_quality(judged)
    if brought or is_of_hub(hand.network) or stored_weights(hand.network):
        offer_zip(hand, judged)
    ask_for_data(judged)


def show_quality(judged: Judged) -> None:
    """Judge the networks on as many validation examples as the task glances at."""
    task = judged.task
    if not task.count("validation"):
        pictures = task.uploads is not None and task.uploads.kind == "picture"
        what = (
            "a picture, or a zip with one folder for each class"
            if pictures
            else "a text, or a table of texts and labels"
        )
        st.caption(f"This network has no examples here. Bring {what}.")
        return
    glance = min(task.quick_eval_size, task.count("validation"))
    whose = {"brought by you": "your weights", "made here": "weights made here"}.get(task.info.weights)
    show_judging(
        "own-look",
        judged.about,
        judged.models,
        lambda model: task.refine(model, limit=glance),
        lambda dense: (
            f"Of {whose or 'the usual weights'}, on the first {dense.n:,} validation {dense.about.noun} of this app."
        ),
    )


def offer_zip(hand: InHand, judged: Judged) -> None:
    """Offer the stage in hand as a zip, built once somebody asks for it."""
    st.download_button(
        "Download",
        lambda: pack_zip(judged, hand.recipe),
        judged.file_name,
        "application/zip",
        on_click="ignore",
        help=f"The network, {judged.stage.lower()}, as a zip with its figures.",
    )


def ask_for_data(judged: Judged) -> None:
    """Ask for examples and a labelled set, and show what the networks make of them."""
    adapter = judged.task.uploads
    if adapter is None:
        st.info("This model takes no pictures or texts. Choose one that does to show it your own.")
        return
    one, many = st.columns(2, gap="large")
    with one:
        st.markdown(f"##### Show both networks a {adapter.kind}")
        with show_errors():
            offer_example(judged, adapter)
    with many:
        st.markdown("##### Judge both on a set of your own")
        with show_errors():
            offer_labelled_set(judged, adapter)


require_app_frame()
st.subheader("Bring your own weights, pictures or texts", anchor=False)
choices = st.container()
source = ask_for_source()  # before the bar, which stops the page where what is in hand has to be fetched first
with show_errors():
    if source == ONNX:
        show_onnx()
    else:
        show_in_hand(choose_in_hand(choices, choices), source)
