"""Remove whole attention heads."""

from core.errors import BadPlan
from core.language import text
from core.pruning.granularities import Granularity
from core.pruning.units import Structure, head_structures
from core.tasks.base import Task


def heads(task: Task) -> tuple[Structure, ...]:
    """List the attention heads that can go. Raises BadPlan for a model without."""
    found = head_structures(task)
    if not found:
        raise BadPlan(
            task.why_no_heads or text("This model has no attention heads."),
            text("Choose weights, N:M, neurons or channels."),
        )
    return found


CHOICE = Granularity(
    name="head",
    label=text("Attention heads"),
    help=text("A whole attention head goes."),
    source=text("Michel et al. 2019"),
    order=50,
    structures=heads,
    fits=lambda task: any(not heads.together for heads in task.heads),
)
