"""An ONNX file of a visitor's own: pruned where its weights lie, judged in onnxruntime, taken home as ONNX."""

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.charts.style import KEPT, PRUNED, REMOVED
from core.language import text
from core.onnx_files import (
    CRITERIA,
    MAX_ONNX_BYTES,
    WAY_OUT,
    OnnxNetwork,
    OnnxScores,
    PrunedOnnx,
    onnx_histograms,
    prune_onnx,
    read_onnx,
    score_onnx,
)
from core.pruning import PruningPlan
from core.pruning.criteria import known_criteria
from core.pruning.scopes import known_scopes
from pages.parts.bring.onnx_figures import offer_int8, show_figures, stop_work
from pages.parts.bring.onnx_kept import keep_file, kept_file, read_kept
from pages.parts.bring.onnx_set import ask_for_set
from pages.parts.explore.layer_pictures import FOLDER, lay_out_layers, picture_words
from pages.shared.errors import show_errors
from pages.shared.sparsities import SLIDER_END, SLIDER_STEP, slider_stops
from pages.shared.visitor_work import compute_once
from pages.shared.words import option_labels, t

WEIGHTS = text("Single weights")

PATTERNS = ("2:4", "1:4", "4:8")
"""N:M patterns that are offered."""


def show_onnx() -> None:
    """Ask for an ONNX file; prune it, judge it on what the visitor brings, and offer it for download."""
    upload = st.file_uploader(
        t("An ONNX file"),
        key="onnx-file",
        max_upload_size=MAX_ONNX_BYTES // 2**20,
        help=t(
            "One file with its weights inside, of standard operators. It runs in a bounded process of its own; it is "
            "kept in this visit, and nobody else sees it, until you forget the visit."
        ),
    )
    name, digest = kept_file()
    if upload is None and not digest:
        st.caption(t("Any network for which somebody wrote an ONNX file. Weights are pruned in the file itself."))
        return
    with show_errors():
        network = _read(upload, digest)
        if upload:
            name = keep_file(upload.name, network)
        _describe(name, network)
        _show_pruned(name, network)


def _read(upload: UploadedFile | None, digest: str) -> OnnxNetwork:
    """Read an upload, or else the file that the visit holds under a hash; once. Raises BadInput."""
    about = upload.file_id if upload else digest
    if st.session_state.get("onnx read") != about:
        stop_work()
        st.session_state["onnx read"] = about
    read: Callable[[], OnnxNetwork] = (
        (lambda: read_onnx(upload.getvalue())) if upload else (lambda: read_onnx(read_kept(digest)))
    )
    found: OnnxNetwork = compute_once("onnx-network", about, read)
    return found


def _describe(name: str, network: OnnxNetwork) -> None:
    """Say what a file holds, and what cannot be done with it here."""
    inputs, outputs = (
        t(", ").join(f"{each.name} {_sizes(each.shape)}" for each in found[:4])
        for found in (network.inputs, network.outputs)
    )
    most = t(", ").join(f"{count:,} {operator}" for operator, count in list(network.operators.items())[:6])
    told = t(
        "{name}: reads {inputs}; answers {outputs}. {parameters:,} numbers, {prunable:,} of them in {weights:,} "
        "weights that can be pruned. Operators of version {version}: {operators}.",
        name=name,
        inputs=inputs,
        outputs=outputs,
        parameters=network.parameters,
        prunable=network.prunable,
        weights=len(network.weights),
        version=network.opset,
        operators=most,
    )
    st.caption(told.replace("[", "\\[").replace("$", "\\$"))
    st.caption(
        t("Whole units and fine-tuning need gradients, which an ONNX file has not. {way_out}", way_out=t(WAY_OUT))
    )


def _sizes(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(t('any') if size is None else str(size) for size in shape)})"


def _show_pruned(name: str, network: OnnxNetwork) -> None:
    base = _choose_plan(network)
    percent = 0.0
    if base.pattern is None:
        percent = st.slider(
            t("Pruning threshold"), 0.0, SLIDER_END, 80.0, SLIDER_STEP, format="%.1f %%", key="onnx-percent"
        )
    plan = base if base.pattern else replace(base, sparsity=percent / 100)
    scores: OnnxScores = _kept("onnx-scores", (network.digest, base), lambda: score_onnx(network, base))
    pruned: PrunedOnnx = _kept("onnx-made", (network.digest, plan), lambda: prune_onnx(network, plan, scores))
    figures = st.container()
    _draw_histograms(network, scores, base, percent, pruned)
    st.markdown(f"## {t('Judge it on a set of your own')}")
    judgeable = None
    with show_errors():
        judgeable = ask_for_set(network)
    with figures:
        show_figures(network, pruned, plan, judgeable)
    one, two = st.columns(2, gap="medium")
    stem = (
        "".join(letter for letter in name.removesuffix(".onnx") if letter.isalnum() or letter in "-_")[:40] or "network"
    )
    file = f"{stem}-{100 * pruned.sparsity:.0f}-percent-pruned.onnx"
    one.download_button(
        t("Download"), lambda: pruned.content, file, key="onnx-download", on_click="ignore", width="stretch"
    )
    with two, show_errors():
        offer_int8(network, pruned, plan, judgeable, file.removesuffix(".onnx") + "-int8.onnx")


def _choose_plan(network: OnnxNetwork) -> PruningPlan:
    """Ask what goes and how it is judged; return a plan without an amount."""
    one, two, three = st.columns(3, gap="medium")
    what = one.selectbox(
        t("What to remove"), (WEIGHTS, *PATTERNS), format_func=option_labels([WEIGHTS]), key="onnx-what"
    )
    labels = {key: t(known_criteria()[key].label) for key in CRITERIA}
    judge = t("How to judge importance")
    criterion = two.selectbox(judge, list(labels), format_func=labels.__getitem__, key="onnx-judge")
    scope = PruningPlan.scope
    if what == WEIGHTS:
        scopes = {key: t(each.label) for key, each in known_scopes().items()}
        scope = three.selectbox(t("Where to cut"), list(scopes), format_func=scopes.__getitem__, key="onnx-scope")
    tables = any(weight.embedding for weight in network.weights)
    embeddings = tables and one.checkbox(t("Embeddings too"), key="onnx-tables")
    granularity = PruningPlan.granularity if what == WEIGHTS else what
    return PruningPlan(criterion=criterion, granularity=granularity, scope=scope, embeddings=embeddings)


def _draw_histograms(
    network: OnnxNetwork, scores: OnnxScores, base: PruningPlan, percent: float, pruned: PrunedOnnx
) -> None:
    """Draw the histogram of each weight, which follows the slider while it moves."""
    layers = _kept(
        "onnx-histograms",
        (network.digest, base),
        lambda: lay_out_layers(onnx_histograms(scores, base, slider_stops()), cut_off=False),
    )
    draw = st.components.v2.component(
        "onnx_histograms",
        html='<div><p></p><canvas role="img"></canvas></div>',
        css=(FOLDER / "histograms.css").read_text(encoding="utf-8"),
        js=(FOLDER / "histograms.js").read_text(encoding="utf-8"),
    )
    draw(
        key="onnx-histogram-picture",
        data={
            "id": f"{network.digest} {base}",
            "slider": "" if base.pattern else t("Pruning threshold"),
            "value": percent,
            "step": SLIDER_STEP,
            "height": 168,
            "metric": t("Accuracy"),
            "share": True,
            "digits": 1,
            "here": 0,
            "sparsity": 100 * pruned.sparsity,
            "words": picture_words(base),
            "pattern": list(base.pattern or ()),
            "layers": layers,
            "curve": [],
            "colours": {"kept": KEPT, "removed": REMOVED, "pruned": PRUNED},
        },
    )


def _kept(key: str, about: Hashable, make: Callable[[], Any]) -> Any:
    """Return what a session has under a key if it is about the same, else make it."""
    found = st.session_state.get(key)
    if found is None or found[0] != about:
        st.session_state[key] = found = (about, make())
    return found[1]
