"""The dense network and the stage in hand, judged beside the page on what a visitor brought."""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.export import bundle
from core.jobs.background import BackgroundJob
from core.measure import Quality, change
from core.pruning import Pruned, PruningPlan, prune
from core.stages import Subject, catalogue_name
from core.tasks import Task
from core.tuning import Recipe
from pages.shared import cache
from pages.shared.errors import show_error
from pages.shared.format import draw_quality, explain_quality
from pages.shared.visitor_work import start_once
from pages.shared.words import t


@dataclass(frozen=True, eq=False)
class Judged:
    """Hold the networks that are judged on this page: the dense one, and the stage in hand.

    about: equal for as long as these are the same; task: theirs; stage: what is in hand, as people read it.
    pruned: the network after pruning alone, tuned: after a fine-tune, where that is in hand.
    """

    about: Hashable
    task: Task
    stage: str
    pruned: Pruned
    tuned: Pruned | None = None

    @property
    def models(self) -> dict[str, Any]:
        """The networks by stage; just the dense one where that is in hand."""
        return {"Dense": self.task.model, **({} if self.stage == "Dense" else {self.stage: self.in_hand.model})}

    @property
    def in_hand(self) -> Pruned:
        """The network of the stage in hand."""
        return self.tuned or self.pruned

    @property
    def name(self) -> str:
        """The name of the architecture, whoever its weights are of."""
        return catalogue_name(self.task.info.name)

    @property
    def file_name(self) -> str:
        """What a download of it is called."""
        return f"own-{re.sub(r'[^A-Za-z0-9._-]+', '-', self.name)}-{self.stage.lower()}.zip"


def in_view(subject: Subject) -> Judged:
    """Return the networks of a subject, made once for as long as it stays the same."""

    def make() -> Judged:
        tuned = cache.network(subject) if subject.tuned else None
        pruned = cache.network(cache.pruned_stage(subject))
        return Judged(subject, cache.task(subject.network), subject.stage.capitalize(), pruned, tuned)

    return _made_once(subject, make)


def judge_here(task: Task, plan: PruningPlan) -> Judged:
    """Return the networks of a task that is in this page alone, pruned once for as long as neither changes."""
    return _made_once((task, plan), lambda: Judged((task, plan), task, "Pruned", prune(task, plan)))


def _made_once(about: Hashable, make: Callable[[], Judged]) -> Judged:
    kept: Judged | None = st.session_state.get("own-pair")
    if kept is None or kept.about != about:
        st.session_state["own-pair"] = kept = make()
    return kept


def pack_zip(judged: Judged, recipe: Recipe | None, said_in: str) -> bytes:
    """Build the download of the stage in hand in a language; recipe: of its fine-tune."""
    tuned = recipe if judged.tuned else None
    return bundle(judged.task, judged.pruned, tuned=judged.tuned, recipe=tuned, language=said_in)


def show_judging(
    key: str,
    about: Hashable,
    models: Mapping[str, Any],
    judge_one: Callable[[Any], Iterator[Quality]],
    caption: Callable[[Quality], str],
) -> None:
    """Judge each network beside the page, once, and fill the figures in as they come.

    key, about: where that is kept in the visit, and what it is about; judge_one: network -> figures of ever more
    examples; caption: the dense network's figure -> what is said below.
    """
    job = start_once(key, about, lambda: judge_each(models, judge_one))
    st.fragment(_draw_figures, run_every=0.5 if job.active else None)(job, job.active, caption)


def judge_each(
    models: Mapping[str, Any], judge_one: Callable[[Any], Iterator[Quality]]
) -> Iterator[tuple[str, Quality]]:
    """Yield stage and figure of one network after the other, each on a growing number of examples."""
    for stage, model in models.items():
        for quality in judge_one(model):
            yield stage, quality


def _draw_figures(job: BackgroundJob, busy: bool, caption: Callable[[Quality], str]) -> None:
    if busy and not job.active:
        st.rerun()
    if job.error is not None:
        show_error(job.error.what, job.error.advice)
        return
    latest: dict[str, Quality] = dict(job.results)
    if not latest:
        st.caption(t("Waiting for its turn ...") if busy else t("This was stopped."))
        return
    dense = latest["Dense"]
    for place, (stage, quality) in zip(st.columns(2, gap="medium"), latest.items(), strict=False):
        draw_quality(
            place,
            t("{metric}, {stage}", metric=t(quality.metric), stage=t(stage.lower())),
            quality,
            None if stage == "Dense" else change(dense, quality),
            beside=t("n = {count:,}", count=quality.n),
            help=explain_quality(quality),
        )
    if busy:
        counts = [t("{stage} {count:,}", stage=t(stage.lower()), count=quality.n) for stage, quality in latest.items()]
        st.caption(t("Judging: {counts} so far.", counts=t(", ").join(counts)))
    else:
        st.caption(caption(dense))
