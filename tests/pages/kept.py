"""Fine-tunes in the store as the app keeps them, made by a few steps."""

from collections.abc import Mapping

from core.experiment import Experiment
from core.pruning import Pruned, prune
from core.quality import Quality
from core.stages import Packed, load_network, pack
from core.store import Result, add_node, save_result
from core.store.figures import quality_to_data
from core.tasks import load
from core.tuning import fine_tune
from pages.shared.fine_tune_record import KIND
from pages.shared.storage import store


def keep_reached(key: str, experiment: Experiment, network: Pruned, figures: Mapping[str, Quality]) -> Result:
    """Keep a network as what a fine-tune has reached; figures: "dense", "pruned" and "tuned"."""
    content = {"state": "done", "sparsity": network.sparsity, "step": 4, "of": 4, "seconds": 0.1}
    content |= {stage: quality_to_data(quality) for stage, quality in figures.items()}
    packed = pack(Packed(network.model.state_dict(), {**network.masks, **network.companion_masks}, "fine-tuned"))
    add_node(store(), key, experiment)
    return save_result(store(), experiment, "fine-tuned", KIND, content, 0.1, packed)


def keep_fine_tune(key: str, experiment: Experiment) -> Result:
    """Make the fine-tune of an experiment and keep it."""
    task = load_network(experiment.network, load, store().files)
    pruned = prune(task, experiment.plan)
    *_, final = fine_tune(task, pruned, experiment.recipe)
    models = {"dense": task.model, "pruned": pruned.model, "tuned": final.model}
    return keep_reached(key, experiment, final.pruned, {name: task.evaluate(each) for name, each in models.items()})
