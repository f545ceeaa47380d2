"""Remove whole filters of convolutions, and neurons."""

from core.errors import BadPlan
from core.language import text
from core.pruning.granularities import Granularity
from core.pruning.units import Structure, layer_structures
from core.tasks.base import Task


def channels(task: Task) -> tuple[Structure, ...]:
    """List the channels and neurons that can go. Raises BadPlan for a model without."""
    found = layer_structures(task)
    if not found:
        raise BadPlan(
            text("This model has no layer before the last one whose units could go."), text("Choose single weights.")
        )
    return found


CHOICE = Granularity(
    name="channel",
    label=text("Whole channels and neurons"),
    help=text(
        "A picture filter or a neuron goes with all its weights. Smaller and faster everywhere, but it hurts sooner."
    ),
    source=text("Li et al. 2017"),
    order=40,
    structures=channels,
    layer_outputs=True,
)
