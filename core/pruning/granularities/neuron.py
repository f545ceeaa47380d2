"""Remove whole neurons of fully connected layers."""

from core.errors import BadPlan
from core.language import text
from core.pruning.granularities import Granularity
from core.pruning.units import Structure, layer_structures
from core.tasks.base import Task


def neurons(task: Task) -> tuple[Structure, ...]:
    """List the neurons that can go. Raises BadPlan for a model without."""
    found = tuple(structure for structure in layer_structures(task) if structure.linear)
    if not found:
        raise BadPlan(
            text("This model has no fully connected layer before the last one whose units could go."),
            text("Choose channels, or single weights."),
        )
    return found


CHOICE = Granularity(
    name="neuron",
    label=text("Whole neurons"),
    help=text("A fully connected neuron goes with all its weights, so the network really gets smaller."),
    source=text("Hu et al. 2016"),
    order=30,
    structures=neurons,
    layer_outputs=True,
)
