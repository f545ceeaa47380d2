"""The download of what is in hand, in the form people choose, built once somebody asks for it."""

import re

import streamlit as st

from core.errors import PlaygroundError
from core.export import FORMATS, bundle
from core.export.person import pruned_with_person
from core.keys import about
from core.language import SOURCE, text, translate
from core.measure import PlanResult, Quality
from core.stages import Subject, catalogue_name, stored_weights
from core.tasks.recommender.person import Person, task_with_person
from pages.shared import answers, cache, in_class
from pages.shared.errors import show_errors
from pages.shared.format import format_bytes
from pages.shared.in_hand import InHand
from pages.shared.packing import offer_packing, pack_text
from pages.shared.words import language, listing, t


def download_button(
    hand: InHand,
    result: PlanResult,
    formats: tuple[str, ...] = ("safetensors",),
    label: str = text("Download"),
) -> None:
    """Offer the network in hand as a zip; result: how that is."""
    if in_class.competes():
        in_class.say_why_hidden()
        return
    kind = "" if formats == ("safetensors",) else f"-{formats[0]}"
    said_in = language()  # now, since a click on a download has left the page already
    st.download_button(
        t(label),
        lambda: pack_network(hand, formats, said_in),
        file_name=f"{_describe_in_file_name(hand.subject, result)}{kind}.zip",
        mime="application/zip",
        key=f"download-{label}",
        on_click="ignore",
        width="stretch",
        disabled=hand.awaited,  # or somebody who sees the repaired network's figure would take the pruned one home
        help=t(
            "A zip with the {stage} network, every figure, and how to load it. Test data is scored for it, once.",
            stage=t(hand.subject.stage),
        ),
    )


def file_stem(network: str) -> str:
    """Return how names of files about a network begin: letters, digits and marks that every system takes."""
    weights = stored_weights(network)[:8]
    plain = re.sub(r"[^\w.-]+", "-", catalogue_name(network))
    return f"{plain}-{weights}" if weights else plain


def _describe_in_file_name(subject: Subject, result: PlanResult) -> str:
    stem = file_stem(subject.network)
    if subject.stage == "dense":
        return f"{stem}-dense"
    tuned = f"-{subject.stage}" if subject.tuned else ""
    return f"{stem}-{100 * result.sparsity:.1f}-percent-pruned{tuned}"


def pack_network(hand: InHand, formats: tuple[str, ...], said_in: str = SOURCE, person: Person | None = None) -> bytes:
    """Build the zip in a language; where it cannot be, one that says why, since the click has left the page already.

    person: who the network learned, of one for film ratings; they are its last user then.
    """
    subject, task = hand.subject, cache.task(hand.network)
    before = cache.pruned_stage(subject)
    judged: dict[tuple[str, str], Quality] = {}
    try:
        for stage in (cache.dense_stage(subject), before, subject):
            for split in filter(task.count, ("validation", "test")):
                judged[stage.stage, split] = _judge(stage, split)
        pruned, tuned = cache.network(before), cache.network(subject) if subject.tuned else None
        if person is not None:  # who else knows the network is as well off as before, so that the figures stay
            task, pruned = task_with_person(task, person), pruned_with_person(pruned, person)
            tuned = None if tuned is None else pruned_with_person(tuned, person)
        return bundle(task, pruned, formats, tuned, hand.recipe, judged, said_in)
    except PlaygroundError as error:
        return pack_text(f"{translate(said_in, error.what)} {translate(said_in, error.advice)}")


def _judge(subject: Subject, split: str) -> Quality:
    """Judge one stage on validation or test data, once for all visitors."""
    if split == "validation":
        return (
            cache.dense_quality(subject.network) if subject.stage == "dense" else cache.settled_result(subject).quality
        )
    model = cache.network(subject).model
    found: Quality = answers.memo().get(
        about(subject, split), lambda: cache.task(subject.network).evaluate(model, split)
    )
    return found


def offer_all_formats(hand: InHand, result: PlanResult) -> None:
    """Offer the network in every form, with about how large each gets, once somebody opens the panel."""
    panel = st.expander(t("Take it home in the form you need"), key=f"forms-{hand.network}", on_change="rerun")
    if not panel.open:
        return
    with panel, show_errors():
        network = cache.network(hand.subject)
        stage = t(hand.subject.stage)
        st.caption(t("Of the {stage} network, each with a model card that tells its figures.", stage=stage))
        for name_of_format, format in FORMATS.items():
            place, button = st.columns([4, 1], vertical_alignment="center", gap="medium")
            below = st.container()
            size = format_bytes(format.size(network))
            place.markdown(
                t(
                    "**{label}**, about {size} before zipping. {help}",
                    label=t(format.label),
                    size=size,
                    help=t(format.help),
                )
            )
            with button:
                if format.missing:
                    st.caption(t("Needs {libraries}, not installed here.", libraries=listing(format.missing)))
                elif format.slow:
                    file = f"{_describe_in_file_name(hand.subject, result)}-{name_of_format}.zip"
                    offer_packing(hand, name_of_format, file, button, below)
                else:
                    download_button(hand, result, (name_of_format,), name_of_format.upper())
