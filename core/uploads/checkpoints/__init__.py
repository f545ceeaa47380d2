"""Checkpoints from people, in the forms in which they have them: read without running what is in them, one file a step.

The file (`containers`, `torch_file`, `safetensors_file`), the state dict in it (`wrappers`), then the steps that make
it fit, in the order of `reading`: `bitmask`, `folding`, `names`, `extras`, `numbers`; what is left are `differences`.
"""

from core.uploads.checkpoints.differences import Difference, DoesNotFit, differences
from core.uploads.checkpoints.reading import Checkpoint, max_weights_bytes, read_checkpoint, read_weights
from core.uploads.checkpoints.suggestions import Shapes, fit

__all__ = [
    "Checkpoint",
    "Difference",
    "DoesNotFit",
    "Shapes",
    "differences",
    "fit",
    "max_weights_bytes",
    "read_checkpoint",
    "read_weights",
]
