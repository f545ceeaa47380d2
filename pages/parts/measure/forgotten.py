"""What a pruned or fine-tuned network forgot, as examples that people can look at."""

import streamlit as st

from core.keys import about
from core.measure import Forgotten, forgotten
from core.stages import Subject
from pages.shared import answers, cache
from pages.shared.errors import show_errors
from pages.shared.format import format_interval, format_percent, format_quality
from pages.shared.terms import with_terms
from pages.shared.words import say_rows, t

MOST_SHOWN = 12
"""Examples that are shown."""


def show_forgotten(subject: Subject) -> None:
    """Show what the dense network knew for sure and a stage does not, once somebody opens the panel."""
    name = subject.network
    if cache.task(name).classifier is None:
        return
    panel = st.expander(t("What did the network forget?"), key=f"forgotten-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, show_errors():
        if subject.stage == "dense":
            st.caption(t("This is the whole network, with which the others are compared: it forgot nothing."))
            return
        with st.spinner(t("Comparing both networks example by example ...")):
            _draw_forgotten(subject, find_forgotten(subject))


def _draw_forgotten(subject: Subject, found: Forgotten) -> None:
    total = cache.task(subject.network).count("validation")
    st.markdown(
        with_terms(
            t(
                "Of {total:,} [[validation-data|validation]] examples, **{forgotten:,}** are named rightly by the "
                "[[dense]] network only, and {gained:,} by the {stage} one only.",
                total=total,
                forgotten=len(found.examples),
                gained=found.gained,
                stage=t(subject.stage),
            )
        )
    )
    rows = [
        {
            t("True class"): each,
            t("Forgotten"): format_quality(share),
            t("Range"): format_interval(share),
            t("Known before"): share.n,
        }
        for each, share in sorted(found.share.items(), key=lambda pair: -pair[1].value)
    ]
    st.dataframe(rows, hide_index=True)
    if found.examples:
        shown = min(MOST_SHOWN, len(found.examples))
        st.caption(t("The {shown} of which the dense network was surest:", shown=shown))
        _draw_examples(subject.network, found)


def find_forgotten(subject: Subject) -> Forgotten:
    """Compare the dense network and a stage example by example."""
    task = cache.task(subject.network)
    found: Forgotten = answers.memo().get(
        about(subject, "forgotten"), lambda: forgotten(task, cache.network(subject).model)
    )
    return found


def _draw_examples(name: str, found: Forgotten) -> None:
    """Lay the examples side by side, pictures in a grid, texts as a table."""
    classifier = cache.task(name).classifier
    if classifier is None or classifier.example is None:
        return
    shown = [(lost, classifier.example("validation", lost.place)) for lost in found.examples[:MOST_SHOWN]]
    pictures = [(lost, example.image) for lost, example in shown if example.image]
    if not pictures:
        rows = [
            {t("Topic"): lost.truth, t("Sure"): format_percent(lost.sure), t("Now"): lost.now, **example.rows[0]}
            for lost, example in shown
        ]
        st.dataframe(say_rows(rows), hide_index=True)
        return
    with st.container(horizontal=True):
        for lost, image in pictures:
            with st.container(width=110):
                told = t("Example of {truth}, which the network now takes for {now}", truth=lost.truth, now=lost.now)
                st.image(image, width=84, alt=told)
                sure = format_percent(lost.sure, 0)
                st.caption(t("{truth} ({sure} sure), now {now}", truth=lost.truth, sure=sure, now=lost.now))
