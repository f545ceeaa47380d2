"""The live parts of lessons: pieces of the app on real networks, by the names that lessons call them."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import streamlit as st

from core.choices import Choice
from core.errors import BadInput
from core.language import text
from core.lessons.records import Measured
from core.pruning import PruningPlan
from core.pruning.criteria import known_criteria
from core.pruning.granularities import granularity_of, known_granularities
from core.pruning.scopes import known_scopes
from core.quality import Quality
from pages.parts.explore.pictures import watch
from pages.parts.learn.methods import show_by_hand
from pages.parts.learn.truths import subject_of
from pages.parts.learn.typeset import unbroken
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
    st.caption(_plan_in_words(first.network, first.plan))
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


def _plan_in_words(network: str, plan: PruningPlan) -> str:
    """Say which network a slider moves, what goes, and by which score."""
    kind = granularity_of(plan.granularity)
    return t(
        "{network}. What goes: {kind}. Score: {score}. Cut: {scope}.",
        network=t(cache.info(network).title),
        kind=t(kind.label) if kind else plan.granularity,
        score=t(known_criteria()[plan.criterion].label),
        scope=t(known_scopes()[plan.scope].label),
    )


def _label_of(varied: str, value: str) -> str:
    """Return how people read a choice of a plan, as its widget has it."""
    lists: Mapping[str, Callable[[], Mapping[str, Choice]]] = {
        "judge": known_criteria,
        "scope": known_scopes,
        "remove": known_granularities,
    }
    known = lists[varied]() if varied in lists else {}
    return t(known[value].label) if value in known else value


def _compare(given: Mapping[str, str], key: str) -> None:
    """Lay several choices of one kind side by side: `vary=judge values=magnitude,random`."""
    varied, values = given.get("vary", ""), given.get("values", "").split(",")
    fixed = {name: value for name, value in given.items() if name not in ("vary", "values")}
    rows: list[dict[str, str]] = []
    gone: set[str] = set()
    for value in values:
        subject = subject_of({**fixed, varied: value})
        result = cache.settled_result(subject)
        gone.add(format_percent(result.sparsity))
        rows.append(
            {
                t("Choice"): _label_of(varied, value),
                _metric_in_words(result.quality): format_quality(result.quality),
                t("95 % range"): format_interval(result.quality),
            }
        )
    _draw_table(rows)
    quality = result.quality
    st.caption(
        t(
            "{network}, {gone} removed. Judged on {count:,} {split} {noun} each.",
            gone=t(", ").join(sorted(gone)),
            network=t(cache.info(subject.network).title),
            count=quality.n,
            split=t(quality.split),
            noun=t(quality.about.noun),
        )
    )


def _draw_table(rows: list[dict[str, str]]) -> None:
    """Draw a small table whole: its words wrap, so that a phone shows every column."""
    st.table([{name: unbroken(value) for name, value in row.items()} for row in rows], hide_index=True)


def _metric_in_words(quality: Quality) -> str:
    """Name a metric, with its unit where it has one."""
    name, unit = t(quality.metric), quality.about.unit
    return t("{metric}, in {unit}", metric=name, unit=t(unit)) if unit else name


def _fields(given: Mapping[str, str], key: str) -> None:
    """Lay the fields side by side at one amount."""
    rows: list[dict[str, str]] = []
    spared: list[str] = []
    gone: set[str] = set()
    for name in given.get("models", "fashion-lenet5,reuters-cnn,movielens-ncf,cartpole-policy").split(","):
        subject = subject_of({**{key: value for key, value in given.items() if key != "models"}, "model": name})
        dense, result = cache.dense_quality(name), cache.settled_result(subject)
        rows.append(
            {
                t("Network"): t(cache.info(name).title),
                t("Metric"): _metric_in_words(dense),
                t("Whole"): format_quality(dense),
                t("Pruned"): format_quality(result.quality),
                t("95 % range"): format_interval(result.quality),
            }
        )
        gone.add(format_percent(result.sparsity))
        if not subject.plan.embeddings and cache.task(name).opt_in_parameters:
            spared.append(t(cache.info(name).title))
    _draw_table(rows)
    st.caption(t("Pruned: {gone} removed, no learning after it.", gone=t(", ").join(sorted(gone))))
    if spared:
        said = t("; ").join(spared)
        st.caption(
            t("Tables of words, people and films stay whole and are not counted as removed: {networks}.", networks=said)
        )


def _shipping(given: Mapping[str, str], key: str) -> None:
    subject = subject_of(given)
    st.caption(_plan_in_words(subject.network, subject.plan))
    offer_shipping(subject)


def _open(given: Mapping[str, str], key: str) -> None:
    """Offer a page of the app with what the lesson is about in hand."""
    page = given.get("page", "explore")
    if page not in PAGES:
        raise BadInput(
            text("This lesson asks for a page {name!r}.", name=page),
            text("Known are: {names}.", names=", ".join(PAGES)),
        )
    rest = {name: value for name, value in given.items() if name != "page"}
    subject = subject_of(rest)
    words = {"page": PAGES[page], "network": t(cache.info(subject.network).title)}
    label = t("Open {page}: {network}", **words)
    if subject.plan.sparsity:
        gone = format_percent(subject.plan.sparsity, 0)
        label = t("Open {page}: {network}, {gone} removed", gone=gone, **words)
    _offer_page(unbroken(label), f"pages/{page}.py", rest, key)


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
    "by-hand": show_by_hand,
    "open": _open,
}
"""Name, as lessons write it -> what it shows; given: words of a link; key: of its widgets."""
