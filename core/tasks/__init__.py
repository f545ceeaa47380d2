"""What can be explored: the catalogue of pretrained models, and how to load one."""

from core.tasks.base import SPLITS, Task, TaskInfo
from core.tasks.catalog import catalog, load, missing, offered, targets

__all__ = ["SPLITS", "Task", "TaskInfo", "catalog", "load", "missing", "offered", "targets"]
