"""What a pruned network forgot, as examples that people can look at."""

import streamlit as st

from core.measure import Forgotten, forgotten
from core.pruning import PruningPlan
from pages.shared import cache
from pages.shared.format import figure, interval, percent

MOST = 12
"""Examples that are shown."""


def losses(name: str, plan: PruningPlan) -> None:
    """Show what the dense network knew for sure and the pruned one does not, once somebody opens the panel."""
    task = cache.task(name)
    if task.classifier is None:
        return
    panel = st.expander("What did the network forget?", key=f"forgotten-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, cache.sentences(), st.spinner("Comparing both networks example by example ..."):
        key = (name, plan, "forgotten")
        found: Forgotten = cache.memo().get(key, lambda: forgotten(task, cache.pruned(name, plan).model))
        total = task.count("validation")
        st.markdown(
            f"Of {total:,} validation examples, **{len(found.examples):,}** are named rightly by the dense network "
            f"only, and {found.gained:,} by the pruned one only."
        )
        rows = [
            {"Class": each, "Forgotten": figure(share), "Range": interval(share), "Known before": share.n}
            for each, share in sorted(found.share.items(), key=lambda pair: -pair[1].value)
        ]
        st.dataframe(rows, hide_index=True)
        if found.examples:
            st.caption(f"The {min(MOST, len(found.examples))} of which the dense network was surest:")
            examples(name, found)


def examples(name: str, found: Forgotten) -> None:
    """Lay the examples side by side, pictures in a grid, texts as a table."""
    shown = [(each, cache.task(name).classifier.example("validation", each.place)) for each in found.examples[:MOST]]
    pictures = [(each, example) for each, example in shown if example.image]
    if pictures:
        with st.container(horizontal=True):
            for each, example in pictures:
                with st.container(width=110):
                    st.image(example.image, width=84)
                    st.caption(f"{each.truth} ({percent(each.sure, 0)} sure), now {each.now}")
        return
    st.dataframe(
        [
            {"Topic": each.truth, "Sure": percent(each.sure), "Now": each.now, **example.rows[0]}
            for each, example in shown
        ],
        hide_index=True,
    )
