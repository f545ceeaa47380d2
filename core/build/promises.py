"""Fine-tune the smaller networks under plans drawn by chance, from which the app tells what a fine-tune will reach."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from core.errors import PlaygroundError
from core.experiment import Experiment
from core.measure.past_runs import PastRun, file_of, measure_run, weights_of
from core.pruning import PruningPlan, prune
from core.pruning.criteria import known_criteria
from core.pruning.granularities import N_OF_M, known_granularities
from core.pruning.scopes import known_scopes
from core.tasks import Task, load
from core.tasks.assets import Assets
from core.tuning import preset_for

RUNS = {"fashion-mlp": 112, "fashion-lenet5": 20, "movielens-ncf": 93}
"""How many plans of each network are tried. The more, the surer is how often a range holds; those networks that are
not here take a minute or two for each plan."""

DATA = tuple(f"promises-{network}" for network in RUNS)

SEED = 2021
"""Where the draw of plans starts; another start draws plans that none of these is, but for patterns and by chance."""

PATTERNS = ("2:4", "1:4", "4:8", "1:2")


def build(name: str, assets: Assets, folder: Path | None) -> None:
    """Measure the runs of one network, each with its quick recipe."""
    network = name.removeprefix("promises-")
    task = load(network, assets.root)
    runs: list[PastRun] = []
    for experiment in experiments(task, SEED, RUNS[network]):
        run = measure_run(task, experiment)
        runs.append(run)
        print(
            f"{network}: {len(runs)} of {RUNS[network]}, {run.sparsity:.1%} removed, validation dense {run.dense:.4f}, "
            f"pruned {run.pruned:.4f}, fine-tuned {run.tuned:.4f}",
            flush=True,
        )
    store_runs(assets, network, [each for each in runs if each.finite])


def store_runs(assets: Assets, network: str, runs: list[PastRun]) -> None:
    """Write the runs of a network beside the hash of its weights, and how they were made into the manifest."""
    content = {"weights": weights_of(assets, network), "runs": [each.to_dict() for each in runs]}
    assets.write(file_of(network), gzip.compress(json.dumps(content).encode(), 9, mtime=0))
    assets.manifest["data"][f"promises-{network}"] = {
        "how": f"seed {SEED}: {len(runs)} plans drawn by chance, each fine-tuned with the network's quick recipe and "
        "judged on all validation data",
        "licence": "the same as this project's",
        "source": "measured by core/build/promises.py",
        "trained_on": {"torch": torch.__version__.split("+")[0]},
    }


def experiments(task: Task, seed: int, count: int, repair: str = "") -> list[Experiment]:
    """Draw so many different plans that fit a task, each to be fine-tuned with its quick recipe."""
    recipe, found = preset_for(task, "quick"), dict[PruningPlan, None]()
    for plan in _draw(task, np.random.default_rng(seed)):
        found[plan] = None
        if len(found) == count:
            break
    return [Experiment(task.info.name, plan=plan, repair=repair, recipe=recipe) for plan in found]


def _draw(task: Task, random: np.random.Generator) -> Iterator[PruningPlan]:
    """Draw plans without an end: half of them of single weights by magnitude, the rest of everything that fits.

    Single weights go to between a third and 98 %, evenly in the logarithm of what stays; units to at most 80 %.
    """
    granularities = [name for name, each in known_granularities().items() if each.fits(task)]
    while True:
        criterion = str(random.choice(list(known_criteria()))) if random.random() < 0.5 else "magnitude"
        granularity = str(random.choice(granularities)) if random.random() < 0.5 else "weight"
        scope = str(random.choice(list(known_scopes())))
        kept, most = float(np.exp(random.uniform(np.log(0.02), np.log(0.67)))), float(random.uniform(0.2, 0.8))
        pattern, seed = str(random.choice(PATTERNS)), int(random.integers(1000)) if criterion == "random" else 0
        sparsity = round(1 - kept if granularity == "weight" else most, 3)
        try:
            if granularity == N_OF_M:
                plan = PruningPlan(granularity=pattern, criterion=criterion, seed=seed)
            else:
                plan = PruningPlan(
                    sparsity=sparsity, granularity=granularity, criterion=criterion, scope=scope, seed=seed
                )
            if prune(task, plan).sparsity < 1:
                yield plan
        except PlaygroundError:  # does not go together, or the network has nothing of the kind
            continue
