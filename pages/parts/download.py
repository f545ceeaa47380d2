"""The download of what is on the page, built once somebody asks for it."""

import streamlit as st

from core.export import bundle
from core.jobs import Job
from core.measure import Step
from core.pruning import PruningPlan
from pages.parts import border, runs


def download_button(name: str, plan: PruningPlan, step: Step, tuned: Job | None) -> None:
    """Offer the pruned network as a zip, or the fine-tuned one if the fine-tune `tuned` belongs to this plan."""

    def pack() -> bytes:
        task, pruned = border.task(name), border.pruned(name, plan)
        judged = {
            ("dense", "validation"): border.dense_quality(name),
            ("dense", "test"): border.memo().get((name, "test"), lambda: task.evaluate(task.model, "test")),
            ("pruned", "validation"): step.quality,
            ("pruned", "test"): border.memo().get((name, plan, "test"), lambda: task.evaluate(pruned.model, "test")),
        }
        if tuned is None:
            return bundle(task, pruned, judged=judged)
        judged["fine-tuned", "validation"] = runs.tuned_quality(tuned)
        return bundle(task, pruned, tuned=runs.tuned(tuned), recipe=tuned.arguments[2], judged=judged)

    st.download_button(
        "Download",
        pack,
        file_name=f"{name}-{100 * step.sparsity:.1f}-percent-pruned.zip",
        mime="application/zip",
        on_click="ignore",
        width="stretch",
        help=f"A zip with the {'fine-tuned' if tuned else 'pruned'} weights, the masks, every figure, and how to load "
        "it. Test data is scored for it, once.",
    )
