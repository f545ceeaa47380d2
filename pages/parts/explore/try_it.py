"""Trying networks by hand: one question, answered by the dense, the pruned and the fine-tuned one side by side."""

from typing import Any

import streamlit as st

from core.measure import Change, Further, FurtherChanges, Quality, further, further_changes
from core.pruning import PruningPlan
from pages.shared import cache, fine_tunes
from pages.shared.format import changed, figure, interval, meaning


def networks(name: str, plan: PruningPlan) -> dict[str, Any]:
    """The dense, the pruned, and, if this visit has one of this plan, the fine-tuned network."""
    found = {"Dense": cache.task(name).model, "Pruned": cache.pruned(name, plan).model}
    job = fine_tunes.current()
    if job is not None and not job.active and job.results and job.arguments[:2] == (name, plan):
        found["Fine-tuned"] = fine_tunes.tuned(job).model
    return found


def try_it(name: str, plan: PruningPlan) -> None:
    """Offer the task's own question, once somebody opens the panel."""
    trial = cache.task(name).demo
    if trial is None:
        return
    panel = st.expander(trial.invitation, key=f"trial-{name}", on_change="rerun")
    if panel.open:
        with panel:
            st.fragment(_ask)(name, plan)


def _ask(name: str, plan: PruningPlan) -> None:
    trial, key = cache.task(name).demo, f"question-{name}"
    kept = {"help": trial.help, "key": key, "persist_state": "session"}
    if isinstance(trial.start, int):
        question = st.number_input(trial.label, value=trial.start, step=1, **kept)
    else:
        question = st.text_input(trial.label, trial.start, **kept)
    with cache.sentences():
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
    task = cache.task(name)
    if task.extra.metrics is None and task.extra.groups is None:
        return
    panel = st.expander("Beyond the headline figure: whom does it hurt?", key=f"beyond-{name}", on_change="rerun")
    if not panel.open:
        return
    with panel, cache.sentences(), st.spinner("Judging both networks on all validation data ..."):
        dense, pruned, changes = _further(name, plan)
        if dense.more:
            for place, now, apart in zip(st.columns(4, gap="small"), pruned.more, changes.more, strict=False):
                _metric(place, now, apart)
        rows = [
            _row(group, whole, pruned.groups[group], changes.groups[group]) for group, whole in dense.groups.items()
        ]
        if rows:
            st.dataframe(rows, hide_index=True)


def _further(name: str, plan: PruningPlan) -> tuple[Further, Further, FurtherChanges]:
    """Return the further figures of the dense and of the pruned network, and how much each changed."""
    task, memo = cache.task(name), cache.memo()

    def compare() -> tuple[Further, Further, FurtherChanges]:
        model = cache.pruned(name, plan).model
        said = None
        if task.classifier:
            said = (
                memo.get((name, "logits"), lambda: task.classifier.logits(task.model, "validation")),
                task.classifier.logits(model, "validation"),
            )
        ours = (None, None) if said is None else said
        before = memo.get((name, "further"), lambda: further(task, task.model, said=ours[0]))
        after = further(task, model, said=ours[1])
        return before, after, further_changes(task, before, after, said)

    return memo.get((name, plan, "further"), compare)


def _metric(place: st.delta_generator.DeltaGenerator, now: Quality, apart: Change) -> None:
    clear = "off" if not apart.clear else "normal" if now.about.higher else "inverse"
    place.metric(
        now.metric,
        figure(now),
        changed(apart),
        delta_color=clear,
        delta_arrow="auto" if apart.clear else "off",
        delta_description=interval(now),
        help=meaning(now),
        border=True,
    )


def _row(group: str, whole: Quality, now: Quality, apart: Change) -> dict[str, object]:
    return {
        "Group": group,
        whole.about.noun.capitalize(): whole.n,
        f"{whole.metric}, dense": figure(whole),
        f"{whole.metric}, pruned": figure(now),
        "Change": changed(apart),
        "Range, pruned": interval(now),
    }
