"""Measure what a pruned network costs and how it bears shifted data; search for the best within a budget."""

from collections.abc import Iterator

from core.data_folder import FILES, data_folder
from core.engines import EngineFigures, engine_figures
from core.experiment import STAGE_NAMES, STAGE_TITLES
from core.jobs.work.curves import quick_limit
from core.jobs.work.loader import Loader
from core.measure import (
    Budget,
    Candidate,
    Cost,
    ShiftResult,
    ShippingFigures,
    as_shipped,
    robustness,
    shipping_figures,
)
from core.measure import cost as count_cost
from core.measure import search as search_plans
from core.pruning import Pruned
from core.sharing import FileProgress, file_steps
from core.stages import Subject, stage_network
from core.tasks import Task

SEARCHED = 500
"""Validation examples that judge each network of a search where all of them would take too long."""


def network_of(load: Loader, subject: Subject) -> tuple[Task, Pruned]:
    """Return the task of a subject and its network, a fine-tuned one from the store."""
    task = load(subject.network)
    return task, stage_network(task, subject, data_folder() / FILES)


def measure_shipping(load: Loader, subject: Subject) -> Iterator[ShippingFigures]:
    """Count, write and time the network of one stage; timing fills in bit by bit."""
    yield from shipping_figures(*network_of(load, subject))


def measure_engines(load: Loader, subject: Subject, engines: tuple[str, ...]) -> Iterator[EngineFigures]:
    """Run the dense network and that of one stage in each engine: ready, judged, then timed in turn."""
    task, network = network_of(load, subject)
    yield from engine_figures(task, network, quick_limit(task, least=SEARCHED), engines)


def measure_file(load: Loader, subject: Subject, bits: int) -> Iterator[FileProgress]:
    """Write the network of one stage ever smaller, and judge each step."""
    task, network = network_of(load, subject)
    yield from file_steps(task, network, bits, search_limit(task), STAGE_NAMES[subject.stage])


def cost(load: Loader, subject: Subject) -> Iterator[Cost]:
    """Count the costs of the network of one stage; without its removed units where whole units go."""
    _, network = network_of(load, subject)
    yield count_cost(as_shipped(network))


def search(load: Loader, name: str, budget: Budget) -> Iterator[Candidate]:
    """Look for the best plan that keeps to a budget."""
    task = load(name)
    yield from search_plans(task, budget, limit=search_limit(task))


def search_limit(task: Task) -> int | None:
    """Return how many validation examples judge each network of a search, None for all."""
    return quick_limit(task, least=SEARCHED)


def judge_shifts(load: Loader, subject: Subject) -> Iterator[ShiftResult]:
    """Judge the dense network and that of a stage on shifted data, on as many examples as a quick evaluation takes."""
    task, network = network_of(load, subject)
    models = {STAGE_TITLES["dense"]: task.model, STAGE_TITLES[subject.stage]: network.model}
    yield from robustness(task, models, limit=task.quick_eval_size)
