"""Networks of torchvision and timm by name, for weights that people bring, whatever their classes are."""

from core.tasks.libraries.bring import BroughtCheckpoint, task_for_checkpoint
from core.tasks.libraries.construction import architectures, why_no_timm
from core.tasks.libraries.names import Architecture, is_of_library
from core.tasks.libraries.task import load_architecture

__all__ = [
    "Architecture",
    "BroughtCheckpoint",
    "architectures",
    "is_of_library",
    "load_architecture",
    "task_for_checkpoint",
    "why_no_timm",
]
