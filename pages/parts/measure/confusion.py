"""What is mistaken for what, by the dense network and by what was made of it."""

import numpy as np
import streamlit as st

from core.charts import confusion_matrix
from core.charts.in_words import confusion_in_words
from core.keys import about
from core.measure import confusion, mistakes
from core.stages import Subject
from pages.shared import answers, cache
from pages.shared.charts import draw_chart
from pages.shared.errors import show_errors
from pages.shared.terms import with_terms
from pages.shared.words import t


def show_confusion(subject: Subject) -> None:
    """Show the confusion matrices of the dense network and of a stage, once somebody opens the panel."""
    classes = cache.task(subject.network).classes
    if not classes:
        return
    panel = st.expander(t("What is mistaken for what?"), key=f"mixed-{subject.network}", on_change="rerun")
    if not panel.open:
        return
    with panel, show_errors(), st.spinner(t("Asking both networks about every validation example ...")):
        stages = {each.stage.capitalize(): each for each in (cache.dense_stage(subject), subject)}
        counted = {title: count_confusions(each) for title, each in stages.items()}
        dense, *others = counted.values()
        for shown in others:
            _list_grown(mistakes(classes, dense, shown))
        theme = st.context.theme.type or "light"
        for place, (title, counts) in zip(st.columns(2), counted.items(), strict=False):
            draw_chart(
                confusion_matrix(counts, classes, t(title), theme),
                f"confusion-{title}",
                confusion_in_words(counts, classes, title),
                place,
            )
        st.caption(
            with_terms(
                t(
                    "[[confusion-matrix|Each row is a true class]]: of 100 of its examples, how many are given each "
                    "name. Mistakes are coloured."
                )
            )
        )


def _list_grown(grown: list[tuple[str, str, int, int]]) -> None:
    """Name the mistakes that became more frequent: true class, name given, how often before and now."""
    for truth, said, before, now in grown:
        sentence = t(
            "**{truth}** is called **{said}** {now:,} times, {before:,} times by the dense network.",
            truth=truth,
            said=said,
            now=now,
            before=before,
        )
        st.markdown(f"- {sentence}")
    if not grown:
        st.markdown(f"- {t('No mistake became more frequent.')}")


def count_confusions(subject: Subject) -> np.ndarray:
    """Count names given by a stage to the examples of each class, int (classes, classes)."""
    task = cache.task(subject.network)
    found: np.ndarray = answers.memo().get(
        about(subject, "confusion"), lambda: confusion(task, cache.network(subject).model)
    )
    return found
