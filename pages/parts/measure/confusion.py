"""What is mistaken for what, by the dense and by the pruned network."""

import streamlit as st

from core.charts import confusion_matrix
from core.measure import confusion, mistakes
from core.pruning import PruningPlan
from pages.shared import cache


def mixed(name: str, plan: PruningPlan) -> None:
    """Show both confusion matrices side by side, once somebody opens the panel."""
    task = cache.task(name)
    if not task.classes:
        return
    panel = st.expander("What is mistaken for what?", key=f"mixed-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, cache.sentences(), st.spinner("Asking both networks about every validation example ..."):
        memo = cache.memo()
        before = memo.get((name, "confusion"), lambda: confusion(task, task.model))
        after = memo.get((name, plan, "confusion"), lambda: confusion(task, cache.pruned(name, plan).model))
        grown = mistakes(task.classes, before, after)
        for truth, said, then, now in grown:
            st.markdown(f"- **{truth}** is called **{said}** {now:,} times, {then:,} times by the dense network.")
        if not grown:
            st.markdown("- No mistake became more frequent.")
        theme = st.context.theme.type or "light"
        for place, counts, title in zip(st.columns(2), (before, after), ("Dense", "Pruned"), strict=True):
            place.plotly_chart(
                confusion_matrix(counts, task.classes, title, theme),
                key=f"confusion-{title}",
                theme=None,
                config={"displayModeBar": False},
                alt=f"{title}: true classes against the names that were given",
            )
        st.caption(
            "Each row is a true class: of 100 of its examples, how many are given each name. Mistakes are coloured."
        )
