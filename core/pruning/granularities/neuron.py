"""Remove whole neurons of fully connected layers."""

from core.errors import BadPlan
from core.pruning.granularities import Granularity
from core.pruning.units import Structure, layer_structures
from core.tasks.base import Task


def neurons(task: Task) -> tuple[Structure, ...]:
    """List the neurons that can go. Raises BadPlan for a model without."""
    found = tuple(structure for structure in layer_structures(task) if structure.linear)
    if not found:
        raise BadPlan(
            "This model has no fully connected layer before the last one whose units could go.",
            "Choose channels, or single weights.",
        )
    return found


CHOICE = Granularity(
    name="neuron",
    label="Whole neurons",
    help="A fully connected neuron goes with all its weights, so the network really gets smaller.",
    source="Hu et al. 2016",
    order=30,
    structures=neurons,
    layer_outputs=True,
)
