"""The live parts of lessons: pieces of the app on real networks, by the names that lessons call them."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace

import pandas as pd
import streamlit as st

from core.errors import BadInput
from core.language import text
from core.lessons.classic_mistakes import forget_the_next_layer, layers_of
from core.lessons.records import Measured
from core.pruning import by_hand
from pages.parts.explore.pictures import watch
from pages.parts.learn.truths import subject_of
from pages.parts.measure.shipping import offer_shipping
from pages.shared import cache, link
from pages.shared.format import format_interval, format_percent, format_quality
from pages.shared.in_hand import InHand
from pages.shared.sparsities import SLIDER_END, SLIDER_STEP
from pages.shared.words import t


def show_live(part: Measured, key: str) -> None:
    """Show a part. Raises BadInput for a name that is not known, or a network that is not there."""
    if part.what not in PARTS:
        raise BadInput(
            text("This lesson asks for a part {name!r}.", name=part.what),
            text("Known are: {names}.", names=", ".join(PARTS)),
        )
    PARTS[part.what](part.given, key)


def _slide(given: Mapping[str, str], key: str) -> None:
    """Let people slide one network's threshold and watch, as on Explore."""
    first = subject_of(given)
    percent = st.slider(
        t("Pruning threshold"),
        0.0,
        SLIDER_END,
        100 * (first.plan.sparsity or 0.0),
        SLIDER_STEP,
        format="%.1f %%",
        key=f"{key} slider",
    )
    subject = replace(first, plan=replace(first.plan, sparsity=percent / 100))
    watch(InHand(subject, percent), st.container(), st.container())
    _offer_page(t("Go on with it in Explore"), "pages/explore.py", {**given, "threshold": f"{percent:g}"}, key)


def _compare(given: Mapping[str, str], key: str) -> None:
    """Lay several choices of one kind side by side: `vary=judge values=magnitude,random`."""
    varied, values = given.get("vary", ""), given.get("values", "").split(",")
    fixed = {name: value for name, value in given.items() if name not in ("vary", "values")}
    rows = []
    for value in values:
        subject = subject_of({**fixed, varied: value})
        result = cache.settled_result(subject)
        rows.append(
            {
                t("Choice"): t(value),
                t("Removed"): format_percent(result.sparsity),
                t(result.quality.metric): format_quality(result.quality),
                t("95 % range"): format_interval(result.quality),
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    quality = result.quality
    st.caption(
        t(
            "Judged just now on {count:,} {split} {noun} each.",
            count=quality.n,
            split=t(quality.split),
            noun=t(quality.about.noun),
        )
    )


def _fields(given: Mapping[str, str], key: str) -> None:
    """Lay the fields side by side at one amount."""
    rows = []
    for name in given.get("models", "fashion-lenet5,reuters-cnn,movielens-ncf,cartpole-policy").split(","):
        subject = subject_of({**{key: value for key, value in given.items() if key != "models"}, "model": name})
        dense, result = cache.dense_quality(name), cache.settled_result(subject)
        rows.append(
            {
                t("Network"): t(cache.info(name).title),
                t("Metric"): t(dense.metric),
                t("Dense"): format_quality(dense),
                t("Pruned"): format_quality(result.quality),
                t("95 % range"): format_interval(result.quality),
                t("Removed"): format_percent(result.sparsity),
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")


def _shipping(given: Mapping[str, str], key: str) -> None:
    offer_shipping(subject_of(given))


def _by_hand(given: Mapping[str, str], key: str) -> None:
    """Show a whole method in numpy: repair of one layer, or pruning of neurons with the second mistake failing."""
    subject = subject_of({"model": "fashion-mlp", **given})
    repairs = given.get("method") == "repair"
    with st.expander(t("The whole method, on one screen")):
        shown = (by_hand.repair_layer,) if repairs else (by_hand.prune_neurons, by_hand.run)
        st.code("\n\n".join(inspect.getsource(each) for each in shown), "python")
    if repairs:
        return
    layers = layers_of(cache.task(subject.network).model)
    threshold = cache.settled_result(subject).threshold or 0.0
    said = forget_the_next_layer(layers, threshold)
    st.markdown(
        t("Rows deleted, the next layer forgotten. What numpy says: `{said}`", said=said)
        if said
        else t("Nothing broke.")
    )


def _open(given: Mapping[str, str], key: str) -> None:
    """Offer a page of the app with what the lesson is about in hand."""
    page = given.get("page", "explore")
    if page not in PAGES:
        raise BadInput(
            text("This lesson asks for a page {name!r}.", name=page),
            text("Known are: {names}.", names=", ".join(PAGES)),
        )
    rest = {name: value for name, value in given.items() if name != "page"}
    subject_of(rest)
    _offer_page(t("Open {page}", page=PAGES[page]), f"pages/{page}.py", rest, key)


def _offer_page(label: str, page: str, given: Mapping[str, str], key: str) -> None:
    if st.button(label, key=f"{key} open", icon=":material/arrow_forward:"):
        st.switch_page(page, query_params={**link.address(), **given})


PAGES = {
    "explore": text("Explore"),
    "fine_tune": text("Fine-tune"),
    "adapt": text("Adapt"),
    "measure": text("Measure"),
    "compare": text("Compare"),
    "bring": text("Bring your own"),
}
"""Pages that a lesson can open."""

PARTS: Mapping[str, Callable[[Mapping[str, str], str], None]] = {
    "slide": _slide,
    "compare": _compare,
    "fields": _fields,
    "shipping": _shipping,
    "by-hand": _by_hand,
    "open": _open,
}
"""Name, as lessons write it -> what it shows; given: words of a link; key: of its widgets."""
