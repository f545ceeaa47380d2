"""Weights, zeros too, as safetensors; with the masks, and the smaller network where whole units went."""

from safetensors.torch import save

from core.errors import BadPlan
from core.export.formats.base import Companions, Format
from core.export.formats.smaller import smaller_network
from core.language import text
from core.measure.encodings import plain_tensors
from core.pruning import Pruned
from core.tasks.base import Task


def write(task: Task, pruned: Pruned) -> bytes:
    """Write every weight."""
    return save(plain_tensors(pruned.model))


def size(pruned: Pruned) -> int:
    """Return the bytes of all weights; the names around them are small."""
    return sum(value.numel() * value.element_size() for value in plain_tensors(pruned.model).values())


def companions(task: Task, pruned: Pruned) -> Companions:
    """Add the masks, and the smaller network if there is one; where it cannot be built the README says why."""
    masks = {"masks.safetensors": save({name: mask.contiguous() for name, mask in pruned.masks.items()})}
    if not pruned.plan.structured:
        return Companions(masks)
    try:
        smaller = smaller_network(pruned)
        return Companions({**masks, **smaller.files}, smaller.section)
    except BadPlan as error:
        return Companions(masks, text("## Why there is no smaller network here\n\n{what}\n\n", what=error.what))


CHOICE = Format(
    name="safetensors",
    label=text("Weights, zeros too"),
    help=text("Loads anywhere; zeros take as much room as other numbers."),
    source=text("Hugging Face 2022"),
    order=0,
    file="weights.safetensors",
    contents={
        "weights.safetensors": text("every weight of the network; removed ones are exactly zero"),
        "masks.safetensors": text("one boolean tensor for each pruned parameter: true where the weight is kept"),
        "small.safetensors": text("the network without its removed units"),
        "fewer_heads.py": text("torch's attention with fewer heads, for the network without its removed units"),
        "small.json": text("what of the smaller network's layers differs besides their tensors"),
    },
    write=write,
    size=size,
    loading='network.load_state_dict(load_file("weights.safetensors"))',
    weights_only=True,
    companions=companions,
)
