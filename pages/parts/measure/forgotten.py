"""What a pruned or fine-tuned network forgot, as examples that people can look at."""

import streamlit as st

from core.keys import about
from core.measure import Forgotten, forgotten
from core.stages import Subject
from pages.shared import cache
from pages.shared.errors import show_errors
from pages.shared.format import format_interval, format_percent, format_quality

MOST_SHOWN = 12
"""Examples that are shown."""


def show_forgotten(subject: Subject) -> None:
    """Show what the dense network knew for sure and a stage does not, once somebody opens the panel."""
    name = subject.network
    if cache.task(name).classifier is None:
        return
    panel = st.expander("What did the network forget?", key=f"forgotten-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, show_errors():
        if subject.stage == "dense":
            st.caption("This is the whole network, with which the others are compared: it forgot nothing.")
            return
        with st.spinner("Comparing both networks example by example ..."):
            _draw_forgotten(subject, find_forgotten(subject))


def _draw_forgotten(subject: Subject, found: Forgotten) -> None:
    total = cache.task(subject.network).count("validation")
    st.markdown(
        f"Of {total:,} validation examples, **{len(found.examples):,}** are named rightly by the dense network "
        f"only, and {found.gained:,} by the {subject.stage} one only."
    )
    rows = [
        {
            "Class": each,
            "Forgotten": format_quality(share),
            "Range": format_interval(share),
            "Known before": share.n,
        }
        for each, share in sorted(found.share.items(), key=lambda pair: -pair[1].value)
    ]
    st.dataframe(rows, hide_index=True)
    if found.examples:
        st.caption(f"The {min(MOST_SHOWN, len(found.examples))} of which the dense network was surest:")
        _draw_examples(subject.network, found)


def find_forgotten(subject: Subject) -> Forgotten:
    """Compare the dense network and a stage example by example."""
    task = cache.task(subject.network)
    found: Forgotten = cache.memo().get(
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
            {"Topic": lost.truth, "Sure": format_percent(lost.sure), "Now": lost.now, **example.rows[0]}
            for lost, example in shown
        ]
        st.dataframe(rows, hide_index=True)
        return
    with st.container(horizontal=True):
        for lost, image in pictures:
            with st.container(width=110):
                st.image(image, width=84)
                st.caption(f"{lost.truth} ({format_percent(lost.sure, 0)} sure), now {lost.now}")
