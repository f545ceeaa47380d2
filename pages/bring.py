"""Bring your own: weights, pictures, texts and labelled sets, judged beside the stage in hand."""

import streamlit as st

from core.language import text
from core.measure import Quality
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
from pages.shared.terms import show_terms
from pages.shared.words import language, option_labels, t

LISTED, BY_NAME, FROM_HUB, ONNX = (
    text("One of the list"),
    text("An architecture by name"),
    text("A classifier of the Hub"),
    text("An ONNX file"),
)
SOURCES = (LISTED, BY_NAME, FROM_HUB, ONNX)


def ask_for_source() -> str:
    """Ask where the network comes from; one of the Hub is asked for here."""
    source = st.segmented_control(
        t("Network"), SOURCES, default=LISTED, format_func=option_labels(SOURCES), required=True, key="source"
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
        st.caption(
            t("This network has no examples here. Bring a picture, or a zip with one folder for each class.")
            if pictures
            else t("This network has no examples here. Bring a text, or a table of texts and labels.")
        )
        return
    glance = min(task.quick_eval_size, task.count("validation"))
    show_judging(
        "own-look",
        judged.about,
        judged.models,
        lambda model: task.refine(model, limit=glance),
        lambda dense: _of_which_weights(task.info.weights, dense),
    )


def _of_which_weights(weights: str, dense: Quality) -> str:
    """Say whose weights were judged, and on how much; weights: as the task has it."""
    found = {"count": dense.n, "noun": t(dense.about.noun)}
    if weights == "brought by you":
        return t("Of your weights, on the first {count:,} validation {noun} of this app.", **found)
    if weights == "made here":
        return t("Of weights made here, on the first {count:,} validation {noun} of this app.", **found)
    return t("Of the usual weights, on the first {count:,} validation {noun} of this app.", **found)


def offer_zip(hand: InHand, judged: Judged) -> None:
    """Offer the stage in hand as a zip, built once somebody asks for it."""
    said_in = language()  # now, since a click on a download has left the page already
    st.download_button(
        t("Download"),
        lambda: pack_zip(judged, hand.recipe, said_in),
        judged.file_name,
        "application/zip",
        on_click="ignore",
        help=t("The network, {stage}, as a zip with its figures.", stage=t(judged.stage.lower())),
    )


def ask_for_data(judged: Judged) -> None:
    """Ask for examples and a labelled set, and show what the networks make of them."""
    adapter = judged.task.uploads
    if adapter is None:
        st.info(t("This model takes no pictures or texts. Choose one that does to show it your own."))
        return
    one, many = st.columns(2, gap="large")
    with one:
        picture = adapter.kind == "picture"
        shown = t("Show both networks a picture") if picture else t("Show both networks a text")
        st.markdown(f"## {shown}")
        with show_errors():
            offer_example(judged, adapter)
    with many:
        st.markdown(f"## {t('Judge both on a set of your own')}")
        with show_errors():
            offer_labelled_set(judged, adapter)


require_app_frame()
st.title(t("Bring your own weights, pictures or texts"), anchor=False)
choices = st.container()
source = ask_for_source()  # before the bar, which stops the page where what is in hand has to be fetched first
with show_errors():
    if source == ONNX:
        show_onnx()
    else:
        show_in_hand(choose_in_hand(choices, choices), source)
show_terms(
    "checkpoint",
    "parameter",
    "pretrained",
    "onnx",
    "transformer",
    "convolution",
    "validation-data",
)
