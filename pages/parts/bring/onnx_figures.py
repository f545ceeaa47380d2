"""What pruning and int8 make of an ONNX file: how much is gone, how large it gets, how good it is."""

import functools
import zlib
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.jobs.background import BackgroundJob
from core.measure import Quality, change
from core.onnx_files import CALIBRATION, OnnxNetwork, PrunedOnnx, calibration_batches, judge_onnx, quantise_onnx
from core.pruning import PruningPlan
from pages.parts.bring.onnx_set import Judgeable
from pages.shared.errors import show_error
from pages.shared.format import draw_quality, explain_quality, format_bytes, format_percent
from pages.shared.visitor_work import KeptWork, start_once
from pages.shared.words import t

WORK = ("onnx-dense", "onnx-pruned", "onnx-int8")
"""Under these names a session has what is judged."""


@dataclass(frozen=True)
class Written:
    """Hold a file that was made, and how large it is packed."""

    content: bytes
    zipped: int


def show_figures(network: OnnxNetwork, pruned: PrunedOnnx, plan: PruningPlan, judgeable: Judgeable | None) -> None:
    """Show sparsity and size at once, accuracy as it comes."""
    examples = judgeable.about if judgeable else None
    dense, after = (
        functools.partial(_measure, network, content, judgeable) for content in (network.content, pruned.content)
    )
    jobs = {
        "dense": start_once("onnx-dense", (network.digest, examples), dense),
        "pruned": start_once("onnx-pruned", (network.digest, examples, plan), after),
    }
    busy = any(job.active for job in jobs.values())
    st.fragment(_draw, run_every=0.5 if busy else None)(jobs, busy, pruned, judgeable)


def stop_work() -> None:
    """Stop what is judged of a file, to make room for another one."""
    for key in WORK:
        kept: KeptWork | None = st.session_state.get(key)
        if kept is not None:
            kept.job.stopping.set()


def _measure(network: OnnxNetwork, content: bytes, judgeable: Judgeable | None) -> Iterator[Written | Quality]:
    """Yield a file with its packed size, then its accuracy on ever more examples."""
    yield Written(content, len(zlib.compress(content, 6)))
    if judgeable is not None:
        yield from judge_onnx(network, content, judgeable.feeds, judgeable.items, judgeable.labels)


def _draw(jobs: dict[str, BackgroundJob], busy: bool, pruned: PrunedOnnx, judgeable: Judgeable | None) -> None:
    if busy and not any(job.active for job in jobs.values()):
        st.rerun()
    one, two, three, four = st.columns(4, gap="medium")
    kept = sum(layer.kept for layer in pruned.layers)
    of = sum(layer.weights for layer in pruned.layers)
    stay = t("{kept:,} of {of:,} stay", kept=kept, of=of)
    one.metric(t("Sparsity"), format_percent(pruned.sparsity), stay, delta_color="off", delta_arrow="off", border=True)
    _draw_size(two, jobs["pruned"], jobs["dense"])
    dense, after = _quality(jobs["dense"]), _quality(jobs["pruned"])
    if dense:
        label, seen = t("{metric}, {stage}", metric=t("Accuracy"), stage=t("dense")), t("n = {count:,}", count=dense.n)
        draw_quality(three, label, dense, beside=seen, help=explain_quality(dense))
    if after and dense:
        draw_quality(four, t("Accuracy"), after, change(dense, after), help=explain_quality(after))
    for job in jobs.values():
        if job.error is not None:
            show_error(job.error.what, job.error.advice)
            return
    if busy and judgeable:
        counts = {"dense": dense.n if dense else 0, "pruned": after.n if after else 0}
        st.caption(t("Judging: dense {dense:,}, pruned {pruned:,} so far.", **counts))
    elif dense and judgeable and dense.low <= 1 / len(judgeable.classes):
        st.warning(
            t("The dense network is no better than chance here: check pixels, colours and the order of classes.")
        )
    st.caption(t("Zeros make the file smaller once it is zipped; onnxruntime multiplies with them all the same."))


def _draw_size(place: DeltaGenerator, job: BackgroundJob, dense: BackgroundJob) -> None:
    sizes, before = _written(job), _written(dense)
    if sizes and before:
        was = t(
            "zipped, of {size}; plain {plain}",
            size=format_bytes(before.zipped),
            plain=format_bytes(len(sizes.content)),
        )
        place.metric(t("File"), format_bytes(sizes.zipped), was, delta_color="off", delta_arrow="off", border=True)


def _quality(job: BackgroundJob) -> Quality | None:
    return next((each for each in reversed(job.results) if isinstance(each, Quality)), None)


def _written(job: BackgroundJob) -> Written | None:
    return next((each for each in job.results if isinstance(each, Written)), None)


def offer_int8(
    network: OnnxNetwork, pruned: PrunedOnnx, plan: PruningPlan, judgeable: Judgeable | None, file: str
) -> None:
    """Offer the pruned file in int8, made and judged once somebody asks for it."""
    about: Hashable = (network.digest, plan, judgeable.about if judgeable else None)
    asked = st.button(t("Make it int8"), key="onnx-int8-button", width="stretch", disabled=network.quantised)
    if asked:
        st.session_state["onnx-int8 about"] = about
    if st.session_state.get("onnx-int8 about") != about:
        st.caption(
            t(
                "By onnxruntime, with up to {most} of your pictures or rows to find how far activations reach; without "
                "any, and for texts, only matrix products and embeddings become int8.",
                most=CALIBRATION,
            )
        )
        return
    job = start_once("onnx-int8", about, lambda: _measure_int8(network, pruned, judgeable))
    st.fragment(_draw_int8, run_every=0.5 if job.active else None)(job, job.active, file)


def _measure_int8(network: OnnxNetwork, pruned: PrunedOnnx, judgeable: Judgeable | None) -> Iterator[Written | Quality]:
    batches = calibration_batches(network, judgeable.feeds, judgeable.items) if judgeable else []
    content = quantise_onnx(network, pruned.content, batches)
    yield from _measure(network, content, judgeable)


def _draw_int8(job: BackgroundJob, busy: bool, file: str) -> None:
    if busy and not job.active:
        st.rerun()
    if job.error is not None:
        show_error(job.error.what, job.error.advice)
        return
    written, quality = _written(job), _quality(job)
    if written is None:
        st.caption(t("Turning it to int8 ..."))
        return
    st.metric(
        t("int8, zipped"),
        format_bytes(written.zipped),
        t("plain {size}", size=format_bytes(len(written.content))),
        delta_color="off",
        delta_arrow="off",
        border=True,
    )
    if quality:
        label = t("{metric}, {stage}", metric=t("Accuracy"), stage="int8")
        seen = t("n = {count:,}", count=quality.n)
        draw_quality(st.container(), label, quality, beside=seen, help=explain_quality(quality))
    content = written.content
    st.download_button(t("Download int8"), lambda: content, file, key="onnx-int8-download", on_click="ignore")
