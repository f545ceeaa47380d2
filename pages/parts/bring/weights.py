"""Weights of a visitor's own for an architecture that is here."""

import math

import streamlit as st

from core.errors import BadInput
from core.tasks import Task
from core.tasks.brought import with_checkpoint
from core.uploads import DoesNotFit, max_weights_bytes
from pages.parts.bring.uploads import read_upload, show_first_lines
from pages.shared import cache
from pages.shared.errors import show_error


def ask_for_weights(name: str) -> Task:
    """Ask for a checkpoint; return the task with it, or as it ships if there is none or it does not fit."""
    shipped = cache.task(name)
    upload = st.file_uploader(
        "Weights of your own for this architecture, if you have any",
        key=f"weights-{name}",
        max_upload_size=math.ceil(max_weights_bytes(shipped.model.state_dict()) / 1e6),
        help="A state dict as safetensors, or as torch.save writes it (.safetensors, .pt, .pth, .bin ...). It is "
        "compared with the architecture, never executed, never stored, and forgotten when you close this page.",
    )
    try:
        return read_upload("own-weights", name, upload, lambda content: with_checkpoint(shipped, content)) or shipped
    except BadInput as error:
        show_error(error.what, error.advice)
        if isinstance(error, DoesNotFit):
            rows = [
                {"Tensor": each.name, "Expected": each.expected or "nothing", "In the file": each.found or "nothing"}
                for each in error.differences
            ]
            show_first_lines(rows)
    return shipped
