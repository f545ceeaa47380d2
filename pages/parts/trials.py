"""Trying networks by hand: one question, answered by the dense, the pruned and the fine-tuned one side by side."""

from typing import Any

import streamlit as st

from core.measure import Further, Quality, further
from core.pruning import PruningPlan
from pages.parts import border, runs
from pages.parts.words import change, figure, good, interval, meaning


def networks(name: str, plan: PruningPlan) -> dict[str, Any]:
    """The dense, the pruned, and, if this visit has one of this plan, the fine-tuned network."""
    found = {"Dense": border.task(name).model, "Pruned": border.pruned(name, plan).model}
    job = runs.current()
    if job is not None and not job.active and job.results and job.arguments[:2] == (name, plan):
        found["Fine-tuned"] = runs.tuned(job).model
    return found


def try_it(name: str, plan: PruningPlan) -> None:
    """Offer the task's own question, once somebody opens the panel."""
    trial = border.task(name).trial
    if trial is None:
        return
    panel = st.expander(trial.invitation, key=f"trial-{name}", on_change="rerun")
    if panel.open:
        with panel:
            st.fragment(_ask)(name, plan)


def _ask(name: str, plan: PruningPlan) -> None:
    trial, key = border.task(name).trial, f"question-{name}"
    kept = {"help": trial.help, "key": key, "persist_state": "session"}
    if isinstance(trial.start, int):
        question = st.number_input(trial.label, value=trial.start, step=1, **kept)
    else:
        question = st.text_input(trial.label, trial.start, **kept)
    with border.sentences():
        models = networks(name, plan)
        shown = {stage: trial.answer(model, question) for stage, model in models.items()}
        for place, (stage, answer) in zip(st.columns(len(shown), gap="medium"), shown.items(), strict=True):
            place.markdown(f"**{stage}**: {answer.said}")
            if answer.image:
                place.image(answer.image, width="content", output_format="auto")
            if answer.rows:
                place.dataframe(list(answer.rows), hide_index=True)
            if stage != "Dense" and (compared := trial.compare(shown["Dense"], answer)):
                place.caption(compared)


def beyond(name: str, plan: PruningPlan) -> None:
    """Show figures beside the headline one, for all examples and group by group, once somebody opens the panel."""
    task = border.task(name)
    if task.more is None and task.groups is None:
        return
    panel = st.expander("Beyond the headline figure: whom does it hurt?", key=f"beyond-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, border.sentences(), st.spinner("Judging both networks on all validation data ..."):
        dense, pruned = _further(name, PruningPlan()), _further(name, plan)
        if dense.more:
            for place, whole, now in zip(st.columns(4, gap="small"), dense.more, pruned.more, strict=False):
                _metric(place, whole, now)
        rows = [_row(group, whole, pruned.groups[group]) for group, whole in dense.groups.items()]
        if rows:
            st.dataframe(rows, hide_index=True)


def _further(name: str, plan: PruningPlan) -> Further:
    key = name, plan, "further"
    return border.memo().get(key, lambda: further(border.task(name), border.pruned(name, plan).model))


def _metric(place: st.delta_generator.DeltaGenerator, whole: Quality, now: Quality) -> None:
    place.metric(
        now.metric,
        figure(now),
        change(now, whole),
        delta_color=good(now, whole),
        delta_description=interval(now),
        help=meaning(now),
        border=True,
    )


def _row(group: str, whole: Quality, now: Quality) -> dict[str, object]:
    return {
        "Group": group,
        whole.about.noun.capitalize(): whole.n,
        f"{whole.metric}, dense": figure(whole),
        f"{whole.metric}, pruned": figure(now),
        "Change": change(now, whole),
        "Range, pruned": interval(now),
    }
