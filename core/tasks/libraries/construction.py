"""Architectures of torchvision and timm: which there are, how one is built, and how it looks at pictures."""

import importlib
import math
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from core.errors import BadInput, TaskUnavailable, UnknownTask
from core.language import text
from core.tasks.imagenet.networks import torchvision
from core.tasks.imagenet.view import View
from core.tasks.libraries.names import LIBRARIES, Architecture

LARGEST = 600_000_000
"""Bytes of one network, as of one of the Hub: twice that fits into a laptop's memory."""

INSTALL_TIMM = "pip install -r requirements-extra.txt"

ARGUMENTS: Mapping[str, Mapping[str, bool]] = {
    "googlenet": {"aux_logits": False, "transform_input": True, "init_weights": False},
    "inception_v3": {"aux_logits": False, "transform_input": True, "init_weights": False},
}
"""torchvision's name -> arguments with which it is what its pretrained form is, without answers for training alone."""

TRAINING_ONLY = ("aux1.", "aux2.", "AuxLogits.")
"""How names of tensors begin of answers that are for training alone."""


def architectures(library: str | None = None) -> list[str]:
    """List what `task_for_checkpoint` takes, as `tv:resnet18`; those of timm where it is installed.

    library: "tv" or "timm" for these alone. The first call imports the libraries, which takes seconds.
    """
    found = []
    if library in (None, "tv"):
        found += [f"tv:{name}" for name in torchvision().models.list_models(module=torchvision().models)]
    if library in (None, "timm") and not why_no_timm():
        found += [f"timm:{name}" for name in _timm().list_models()]
    return found


def why_no_timm() -> str:
    """Say how timm is installed where it is not; "" where it is here."""
    if find_spec("timm") is not None:
        return ""
    return text("The networks of timm are here once it is installed: {install_timm}", install_timm=INSTALL_TIMM)


def require_known(wanted: Architecture) -> None:
    """Raise UnknownTask for an architecture that its library does not have, TaskUnavailable without the library."""
    if wanted.library == "timm":
        known = _timm().is_model(wanted.name) and _has_settings(wanted.name)
    else:
        known = wanted.name in torchvision().models.list_models(module=torchvision().models)
    if not known:
        raise UnknownTask(
            text("{package} has no classifier named {name!r}.", package=wanted.package, name=wanted.name),
            text("Choose one of its own names, as resnet18."),
        )


def build(wanted: Architecture, classes: int | None = None) -> nn.Module:
    """Build a network with random weights, drawn from torch's own generator, on the device that is set.

    classes: another number of answers. Raises BadInput where the library cannot build it so.
    """
    classes = classes or wanted.classes
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if wanted.library == "timm":
                model = _timm().create_model(wanted.name, num_classes=classes)
            else:
                arguments = ARGUMENTS.get(wanted.name, {})
                model = torchvision().models.get_model(wanted.name, weights=None, num_classes=classes, **arguments)
    except Exception as error:  # each architecture has its own ways to refuse
        raise BadInput(
            text(
                "{package} cannot build {name} with {classes:,} classes.",
                package=wanted.package,
                name=wanted.name,
                classes=classes,
            ),
            text("Choose another architecture."),
        ) from error
    assert isinstance(model, nn.Module)
    return model.eval()


def laid_out(wanted: Architecture, classes: int | None = None) -> dict[str, torch.Tensor]:
    """Return a network's tensors without their numbers, so that their shapes cost no memory.

    Raises BadInput for a network that is too large.
    """
    with torch.device("meta"):
        state = build(wanted, classes).state_dict()
    size = sum(value.nbytes for value in state.values())
    if size > LARGEST:
        raise BadInput(
            text(
                "{name} has {size:,.0f} MB, more than the {largest:.0f} MB that are taken here.",
                name=wanted.name,
                size=size / 1000000.0,
                largest=LARGEST / 1000000.0,
            ),
            text("Choose a smaller one."),
        )
    return state


def constructor(wanted: Architecture) -> tuple[str, str, str]:
    """Return module, function and arguments that build a network, as Python."""
    if wanted.library == "timm":
        return "timm", "create_model", f'"{wanted.name}", num_classes={wanted.classes}'
    arguments = {"num_classes": wanted.classes, **ARGUMENTS.get(wanted.name, {})}
    listed = ", ".join(f"{name}={value}" for name, value in arguments.items())
    return "torchvision.models", "get_model", f'"{wanted.name}", {listed}'


def view_of(wanted: Architecture) -> View:
    """Return how an architecture looks at pictures: as with its usual weights.

    Raises BadInput for one that does not take pictures in colour.
    """
    return _view_of_timm(wanted) if wanted.library == "timm" else _view_of_torchvision(wanted)


def _view_of_torchvision(wanted: Architecture) -> View:
    usual = torchvision().models.get_model_weights(wanted.name).DEFAULT.transforms()
    return View(
        usual.crop_size[0], tuple(usual.mean), tuple(usual.std), usual.resize_size[0], str(usual.interpolation.value)
    )


def _view_of_timm(wanted: Architecture) -> View:
    settings = _timm().models.get_pretrained_cfg(wanted.name).to_dict()
    found = importlib.import_module("timm.data").resolve_data_config({}, pretrained_cfg=settings)
    channels, side, other = found["input_size"]
    if channels != 3 or side != other:
        raise BadInput(
            text("{name} takes no square pictures in colour.", name=wanted.name), text("Choose another architecture.")
        )
    smooth = found["interpolation"] if found["interpolation"] in ("bilinear", "bicubic") else "bicubic"
    whole = math.floor(side / found["crop_pct"])  # as timm does
    return View(side, tuple(found["mean"]), tuple(found["std"]), whole, smooth)


def _has_settings(name: str) -> bool:
    """Whether timm knows how an architecture looks at pictures; a name may have a tag behind a dot."""
    try:
        return _timm().models.get_pretrained_cfg(name, allow_unregistered=False) is not None
    except Exception:  # raised for a tag that is not there
        return False


def _timm() -> Any:
    """Import timm. Raises TaskUnavailable where it is not installed."""
    try:
        return importlib.import_module(LIBRARIES["timm"])
    except ImportError as error:
        raise TaskUnavailable(
            text("This network needs the package timm, which is not installed."),
            text("Install it: {install_timm}", install_timm=INSTALL_TIMM),
        ) from error
