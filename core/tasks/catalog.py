"""What can be explored: the catalogue of pretrained models, and how to load one."""

from pathlib import Path

from core.errors import UnknownTask
from core.tasks.assets import ROOT, Assets
from core.tasks.base import Task, TaskInfo
from core.tasks.control import task as control
from core.tasks.imagenet import task as imagenet
from core.tasks.recommender import task as recommender
from core.tasks.text import task as text
from core.tasks.vision import task as vision

FIELDS = (vision, imagenet, text, recommender, control)


def catalog(root: Path = ROOT) -> list[TaskInfo]:
    """List every task there is, each field's in its own order; those not `shipped` have to be fetched before.

    Raises TaskUnavailable without a manifest.
    """
    assets = Assets.open(root)
    return [info for field in FIELDS for info in field.catalog(assets)]


def load(name: str, root: Path = ROOT) -> Task:
    """Load one task of the catalogue; keep it, for each call reads the files again.

    Raises UnknownTask for a name that is not in the catalogue, TaskUnavailable when its files are not as shipped.
    """
    assets = Assets.open(root)
    for field in FIELDS:
        names = [info.name for info in field.catalog(assets)]
        if name in names:
            return field.load(assets, name)
    known = ", ".join(info.name for info in catalog(root))
    raise UnknownTask(f"There is no model named {name!r}.", f"Choose one of: {known}.")
