"""Figures that take a large network too long for the page: found out beside it, and shown once they are there."""

from typing import NamedTuple

from core.jobs.job import Job
from core.keys import Key, about
from core.measure import Cost, Quality
from core.stages import Subject
from pages.shared import answers, cache, curves, shared_work
from pages.shared.no_examples import has_examples


class Costs(NamedTuple):
    """Hold what the network that is looked at weighs, and the whole one."""

    shown: Cost
    dense: Cost


def find_dense_quality(subject: Subject) -> Quality | None:
    """Return how good the whole network is; None without examples.

    Of a large network None as well, until the curve in hand has it.
    """
    name = subject.network
    known = cache.known_dense_quality(name)
    if known is not None or not has_examples(name):
        return known
    whole = cache.known_result(cache.dense_stage(subject))
    if whole is None and not cache.is_large(name):
        return cache.dense_quality(name)
    known = whole.quality if whole else _first_of_curve(subject)
    if known is not None:
        answers.memo().put(Key(name, "quality"), known)
    return known


def _first_of_curve(subject: Subject) -> Quality | None:
    points = curves.curve_job(subject.network, subject.plan).results
    return next((point.quality for point in points if point.plan.sparsity == 0), None)


def find_costs(subject: Subject) -> Costs | None:
    """Return what a stage and the whole network weigh; of a large one None until that is counted."""
    stages = subject, cache.dense_stage(subject)
    if not cache.is_large(subject.network):
        return Costs(*(cache.stage_cost(stage) for stage in stages))
    jobs = [_cost_job(stage) for stage in stages]
    return Costs(*(job.results[0] for job in jobs)) if all(job.results for job in jobs) else None


def _cost_job(subject: Subject) -> Job:
    return shared_work.find("cost", about(subject, "cost"), lambda known: (subject,), patience=curves.PATIENCE).follow()


def known_figures(subject: Subject, settled: bool) -> tuple[bool, bool]:
    """Say whether the whole network's quality and the sizes of files are there, as far as the page asks for them."""
    judged = not has_examples(subject.network) or find_dense_quality(subject) is not None
    return judged, not settled or find_costs(subject) is not None
