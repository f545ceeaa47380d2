"""The download of what is on the page, in the form people choose, built once somebody asks for it."""

import io
import zipfile
from typing import Any

import streamlit as st

from core.errors import PlaygroundError
from core.export import FORMATS, bundle
from core.jobs.pool import Job
from core.measure import PlanResult
from core.pruning import PruningPlan
from pages.shared import cache, fine_tunes
from pages.shared.format import size


def pack(name: str, plan: PruningPlan, step: PlanResult, tuned: Job | None, formats: tuple[str, ...]) -> bytes:
    """Build the zip of the pruned network, or of the fine-tuned one if the fine-tune `tuned` belongs to this plan."""
    task, pruned = cache.task(name), cache.pruned(name, plan)
    judged = {
        ("dense", "validation"): cache.dense_quality(name),
        ("dense", "test"): cache.memo().get((name, "test"), lambda: task.evaluate(task.model, "test")),
        ("pruned", "validation"): step.quality,
        ("pruned", "test"): cache.memo().get((name, plan, "test"), lambda: task.evaluate(pruned.model, "test")),
    }
    healed: dict[str, Any] = {}
    if tuned is not None:
        judged["fine-tuned", "validation"] = fine_tunes.tuned_quality(tuned)
        healed = {"tuned": fine_tunes.tuned(tuned), "recipe": tuned.arguments[2]}
    try:
        return bundle(task, pruned, formats, judged=judged, **healed)
    except PlaygroundError as error:
        return note(str(error))  # the click has left the page already, so the file says what happened


def note(text: str) -> bytes:
    """Return a zip that holds nothing but a text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("NOT-WRITTEN.txt", text)
    return packed.getvalue()


def download_button(
    name: str,
    plan: PruningPlan,
    step: PlanResult,
    tuned: Job | None,
    formats: tuple[str, ...] = ("safetensors",),
    label: str = "Download",
) -> None:
    """Offer the network as a zip."""
    kind = "" if formats == ("safetensors",) else f"-{formats[0]}"
    st.download_button(
        label,
        lambda: pack(name, plan, step, tuned, formats),
        file_name=f"{name}-{100 * step.sparsity:.1f}-percent-pruned{kind}.zip",
        mime="application/zip",
        key=f"download-{label}",
        on_click="ignore",
        width="stretch",
        help=f"A zip with the {'fine-tuned' if tuned else 'pruned'} network, every figure, and how to load it. Test "
        "data is scored for it, once.",
    )


def other_forms(name: str, plan: PruningPlan, step: PlanResult) -> None:
    """Offer the network in every form, with about how large each gets, once somebody opens the panel."""
    panel = st.expander("Take it home in the form you need", key=f"forms-{name}", on_change="rerun")
    if not panel.open:
        return
    job = fine_tunes.current()
    tuned = job if job and not job.active and job.results and job.arguments[:2] == (name, plan) else None
    pruned = fine_tunes.tuned(tuned) if tuned else cache.pruned(name, plan)
    with panel, cache.sentences():
        st.caption(
            f"Of the {'fine-tuned' if tuned else 'pruned'} network, each with a model card that tells its figures."
        )
        for form, about in FORMATS.items():
            text, button = st.columns([4, 1], vertical_alignment="center", gap="medium")
            text.markdown(f"**{about.label}**, about {size(about.size(pruned))} before zipping. {about.about}")
            with button:
                if about.missing:
                    st.caption(f"Needs {', '.join(about.missing)}, not installed here.")
                else:
                    download_button(name, plan, step, tuned, (form,), form.upper())
