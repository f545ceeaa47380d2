"""What is mistaken for what, by the dense and by the pruned network."""

import numpy as np
import streamlit as st

from core.charts import confusion_matrix
from core.keys import Key
from core.measure import confusion, mistakes
from core.pruning import PruningPlan
from pages.shared import cache
from pages.shared.errors import show_errors


def show_confusion(name: str, plan: PruningPlan) -> None:
    """Show both confusion matrices side by side, once somebody opens the panel."""
    classes = cache.task(name).classes
    if not classes:
        return
    panel = st.expander("What is mistaken for what?", key=f"mixed-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, show_errors(), st.spinner("Asking both networks about every validation example ..."):
        dense, pruned = count_confusions(name, plan)
        grown = mistakes(classes, dense, pruned)
        for truth, said, before, now in grown:
            st.markdown(f"- **{truth}** is called **{said}** {now:,} times, {before:,} times by the dense network.")
        if not grown:
            st.markdown("- No mistake became more frequent.")
        theme = st.context.theme.type or "light"
        for place, counts, title in zip(st.columns(2), (dense, pruned), ("Dense", "Pruned"), strict=True):
            place.plotly_chart(
                confusion_matrix(counts, classes, title, theme),
                key=f"confusion-{title}",
                theme=None,
                config={"displayModeBar": False},
                alt=f"{title}: true classes against the names that were given",
            )
        st.caption(
            "Each row is a true class: of 100 of its examples, how many are given each name. Mistakes are coloured."
        )


def count_confusions(name: str, plan: PruningPlan) -> tuple[np.ndarray, np.ndarray]:
    """Count names given to examples of each class by the dense and the pruned network, int (classes, classes) each."""
    task, memo = cache.task(name), cache.memo()
    dense = memo.get(Key(name, "confusion"), lambda: confusion(task, task.model))
    pruned = memo.get(Key(name, "confusion", plan), lambda: confusion(task, cache.pruned(name, plan).model))
    return dense, pruned
