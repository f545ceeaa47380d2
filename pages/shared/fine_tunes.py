"""A visit's fine-tunes: the one under way, and those that have ended, which are kept in the store."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import PlaygroundError
from core.experiment import Experiment
from core.jobs.job import Job
from core.jobs.work import TuneProgress, best_progress, drop_weights, tuned_network
from core.keys import about
from core.language import text
from core.measure import PastRun, Promise, Quality, judge_network, measure_candidate
from core.memo import Memo
from core.pruning import PruningPlan, prune
from core.stages import Packed, Subject, pack
from core.store import (
    Store,
    StoreUnavailable,
    add_node,
    find_result,
    save_result,
)
from core.store.figures import quality_to_data
from core.store.results import tuned_results
from core.tasks import Task
from core.tuning import Recipe
from pages.shared import answers, cache, promises, visit
from pages.shared.errors import in_one
from pages.shared.fine_tune_record import COSTS, KIND, FineTune, read_fine_tune
from pages.shared.storage import store
from pages.shared.visitor_work import submit_job

JOB = "fine-tune"

LATEST = 50
"""Fine-tunes of a visit that a page looks through; the history has all of them."""


@dataclass(eq=False)
class Running:
    """Hold a fine-tune that was begun, what it is, and what kept it from being stored.

    kept: set once it has ended and what it reached is in the store, or cannot be; shown: whether a page has
        turned to it by itself since.
    promise: what it is expected to reach; repaired: quality of the pruned network repaired at once, if it was known.
    """

    job: Job
    experiment: Experiment
    kept: threading.Event
    problem: str = ""
    shown: bool = False
    promise: Promise | None = None
    repaired: float | None = None

    @property
    def active(self) -> bool:
        """Whether it waits, runs, or is being written down."""
        return not self.kept.is_set()


def current() -> Running | None:
    """Return the fine-tune that this visit has started last, in whichever tab."""
    return visit.memory().jobs.get(JOB)


def just_ended(network: str, plan: PruningPlan) -> Running | None:
    """Return the last fine-tune if it is one of this network and plan that has ended and that no page turned to yet."""
    running = current()
    if running is None or running.active or running.shown or running.problem:
        return None
    of_this = (running.experiment.network, running.experiment.plan) == (network, plan)
    return running if of_this else None


def start_fine_tune(network: str, plan: PruningPlan, recipe: Recipe, parent: str = "", repair: str = "") -> None:
    """Queue a fine-tune; it goes on through reloads, and what it reaches is kept even if no page looks."""
    experiment = Experiment(network, plan=plan, repair=repair, recipe=recipe, parent=parent)
    dense, before = cache.dense_quality(network), cache.settled_result(Subject(network, plan)).quality
    job = submit_job("tune", network, plan, recipe, repair, keep=_has_weights, compact=drop_weights)
    promise, repaired = promises.promise_at_start(experiment), promises.known_repaired(network, plan)
    running = Running(job, experiment, threading.Event(), promise=promise, repaired=repaired)
    visit.memory().jobs[JOB] = running
    arguments = (running, cache.task(network), dense, before, store(), visit.visit_key(), answers.memo())
    threading.Thread(target=_keep_when_ended, args=arguments, daemon=True).start()


def _has_weights(progress: TuneProgress) -> bool:
    return progress.weights is not None


def _keep_when_ended(
    running: Running, task: Task, dense: Quality, before: Quality, kept_in: Store, key: str, memo: Memo
) -> None:
    """Write down what a fine-tune has reached, once it has ended; on a thread that belongs to no page."""
    try:
        running.job.ended.wait()
        plan = running.experiment.plan
        pruned = prune(task, plan)
        reached = best_progress(running.job.results, pruned.sparsity)
        if reached is None or reached.weights is None:
            return
        network = tuned_network(pruned, reached)
        *_, result = judge_network(task, network)
        masks = {**network.masks, **network.companion_masks}
        content = {
            "state": running.job.state,
            "sparsity": reached.sparsity,
            "step": reached.step,
            "of": reached.of,
            "seconds": reached.seconds,
            "dense": quality_to_data(dense),
            "pruned": quality_to_data(before),
            "tuned": quality_to_data(result.quality),
            "promise": running.promise.to_dict() if running.promise else None,
        }
        packed = pack(Packed(network.model.state_dict(), masks, "fine-tuned"))
        add_node(kept_in, key, running.experiment)
        saved = save_result(kept_in, running.experiment, "fine-tuned", KIND, content, reached.seconds, packed)
        memo.put(about(Subject(running.experiment.network, plan, "fine-tuned", saved.artefact), "result"), result)
        if reached.ended:
            figures = dense.value, before.value, running.repaired, result.quality.value
            promises.keep_run(kept_in, PastRun(running.experiment, pruned.sparsity, *figures))
        running.kept.set()  # what follows takes longer, and nobody has to wait for it
        costs = measure_candidate(task, network, result.quality, "fine-tuned")
        content |= {each: getattr(costs, each) for each in COSTS}
        save_result(kept_in, running.experiment, "fine-tuned", KIND, content, reached.seconds, packed)
    except PlaygroundError as error:
        running.problem = in_one(error.what, error.advice)
    except Exception:
        logging.exception("what a fine-tune has reached could not be kept")
        running.problem = text("What the fine-tune has reached could not be kept. Start it again.")
    finally:
        running.kept.set()


def fine_tunes_of_visit(network: str = "", most: int = LATEST) -> list[FineTune]:
    """Return the latest fine-tunes that this visit has made and not deleted, the oldest of them first.

    network: only those that begin with this one.
    """
    try:
        found = tuned_results(store(), visit.visit_key(), KIND, network, most)
    except StoreUnavailable:
        return []
    return [tuned for experiment, result in found if (tuned := read_fine_tune(experiment, result)) is not None]


def fine_tune_of(
    network: str, plan: PruningPlan, repair: str = "", recipe: Recipe | None = None, parent: str = ""
) -> FineTune | None:
    """Return the latest fine-tune of this network and plan that can be looked at: of this visit, or of the link.

    repair: how it was repaired first. recipe, parent: those of a link, which may name a fine-tune of somebody else.
    """
    if recipe is not None:
        experiment = Experiment(network, plan=plan, repair=repair, recipe=recipe, parent=parent)
        try:
            result = find_result(store(), experiment.id, "fine-tuned", KIND)
        except StoreUnavailable:
            result = None
        if result and (tuned := read_fine_tune(experiment, result)) and tuned.artefact:
            return tuned
    mine = [
        each
        for each in fine_tunes_of_visit(network)
        if (each.network, each.plan, each.experiment.repair) == (network, plan, repair)
    ]
    mine = [each for each in mine if each.artefact]
    same = [each for each in mine if each.recipe == recipe]
    found = same or mine
    return found[-1] if found else None


def ended_fine_tune(running: Running) -> FineTune | None:
    """Return what a fine-tune that has ended has reached; None if it has nothing to show."""
    found = find_result(store(), running.experiment.id, "fine-tuned", KIND)
    return read_fine_tune(running.experiment, found) if found else None


def judge_groups(tuned: FineTune) -> dict[str, dict[str, Quality]] | None:
    """Judge each group of examples for the dense, the pruned and the fine-tuned network; None without groups."""
    name, task, memo = tuned.network, cache.task(tuned.network), answers.memo()
    judge_each = task.extra.groups
    if judge_each is None:
        return None
    stages = {
        "Dense": Subject(name, tuned.plan, "dense"),
        "Pruned": Subject(name, tuned.plan),
        "Fine-tuned": tuned.subject,
    }

    def judge(subject: Subject) -> Callable[[], dict[str, Quality]]:
        return lambda: judge_each(cache.network(subject).model, "validation")

    return {stage: memo.get(about(subject, "groups"), judge(subject)) for stage, subject in stages.items()}


def tuned_point(name: str, base: PruningPlan) -> tuple[float, Quality] | None:
    """Return sparsity and quality of this visit's last fine-tune of a network that belongs on the curve of `base`."""
    there = [each for each in fine_tunes_of_visit(name) if each.network == name and each.plan.without_amount == base]
    return (there[-1].sparsity, there[-1].tuned) if there else None
