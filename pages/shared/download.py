"""The download of what is on the page, in the form people choose, built once somebody asks for it."""

import io
import zipfile

import streamlit as st

from core.errors import PlaygroundError
from core.export import FORMATS, bundle
from core.keys import Key
from core.measure import PlanResult, Quality
from core.pruning import PruningPlan
from pages.shared import cache, fine_tunes
from pages.shared.errors import show_errors
from pages.shared.fine_tunes import FineTune
from pages.shared.format import format_bytes


def download_button(
    name: str,
    plan: PruningPlan,
    result: PlanResult,
    tuned: FineTune | None,
    formats: tuple[str, ...] = ("safetensors",),
    label: str = "Download",
) -> None:
    """Offer the pruned network as a zip, or the fine-tuned one if there is a fine-tune of this plan."""
    kind = "" if formats == ("safetensors",) else f"-{formats[0]}"
    st.download_button(
        label,
        lambda: pack_network(name, plan, result, tuned, formats),
        file_name=f"{name}-{100 * result.sparsity:.1f}-percent-pruned{kind}.zip",
        mime="application/zip",
        key=f"download-{label}",
        on_click="ignore",
        width="stretch",
        help=f"A zip with the {'fine-tuned' if tuned else 'pruned'} network, every figure, and how to load it. Test "
        "data is scored for it, once.",
    )


def pack_network(
    name: str, plan: PruningPlan, result: PlanResult, tuned: FineTune | None, formats: tuple[str, ...]
) -> bytes:
    """Build the zip; where it cannot be, one that says why, since the click has left the page already."""
    task, pruned, memo = cache.task(name), cache.pruned(name, plan), cache.memo()
    judged: dict[tuple[str, str], Quality] = {
        ("dense", "validation"): cache.dense_quality(name),
        ("dense", "test"): memo.get(Key(name, "test"), lambda: task.evaluate(task.model, "test")),
        ("pruned", "validation"): result.quality,
        ("pruned", "test"): memo.get(Key(name, "test", plan), lambda: task.evaluate(pruned.model, "test")),
    }
    network, recipe = None, None
    if tuned is not None:
        judged["fine-tuned", "validation"] = fine_tunes.judge(tuned)
        network, recipe = fine_tunes.rebuild_network(tuned), tuned.recipe
    try:
        return bundle(task, pruned, formats, network, recipe, judged)
    except PlaygroundError as error:
        return _pack_text(str(error))


def _pack_text(text: str) -> bytes:
    """Return a zip that holds nothing but a text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("NOT-WRITTEN.txt", text)
    return packed.getvalue()


def offer_all_formats(name: str, plan: PruningPlan, result: PlanResult) -> None:
    """Offer the network in every form, with about how large each gets, once somebody opens the panel."""
    panel = st.expander("Take it home in the form you need", key=f"forms-{name}", on_change="rerun")
    if not panel.open:
        return
    tuned = fine_tunes.fine_tune_of(name, plan)
    network = fine_tunes.rebuild_network(tuned) if tuned else cache.pruned(name, plan)
    with panel, show_errors():
        st.caption(
            f"Of the {'fine-tuned' if tuned else 'pruned'} network, each with a model card that tells its figures."
        )
        for name_of_format, format in FORMATS.items():
            text, button = st.columns([4, 1], vertical_alignment="center", gap="medium")
            about = f"**{format.label}**, about {format_bytes(format.size(network))} before zipping. {format.help}"
            text.markdown(about)
            with button:
                if format.missing:
                    st.caption(f"Needs {', '.join(format.missing)}, not installed here.")
                else:
                    download_button(name, plan, result, tuned, (name_of_format,), name_of_format.upper())
