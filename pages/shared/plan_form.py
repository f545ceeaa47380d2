"""What to remove, how to judge importance, where to cut: the choices behind the slider, kept in the link."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.choices import Choice
from core.pruning import PruningPlan
from core.pruning.criteria import known_criteria
from core.pruning.granularities import Granularity, known_granularities
from core.pruning.scopes import known_scopes
from core.pruning.unit_scores import NORMS
from pages.shared import cache, link, plan_state
from pages.shared.words import option_labels, t


def choose_plan(name: str, notes: DeltaGenerator) -> PruningPlan:
    """Let people choose how to prune; return a plan without an amount. Raises BadPlan when choices do not fit together.

    notes: where to say what of a link is not understood, since nobody would see it inside a closed panel.
    """
    with st.expander(t("What to remove, how to judge importance, where to cut"), key="ways"):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            kinds = {key: each for key, each in known_granularities().items() if each.fits(cache.task(name))}
            kind = kinds[_choose(t("What to remove"), "remove", kinds, notes)]
            if why := cache.task(name).why_no_heads:
                st.caption(t(why))
            granularity = _pattern(notes) if kind.keep else kind.name
            embeddings = not kind.structures and _embeddings(name, notes)
        with middle:
            criterion, norm = _judge(kind, notes)
        with right:
            scope = _scope(kind, notes)
        plan = PruningPlan(criterion=criterion, granularity=granularity, scope=scope, norm=norm, embeddings=embeddings)
        return replace(plan, overrides=_own_shares(name, plan, notes))


def _judge(kind: Granularity, notes: DeltaGenerator) -> tuple[str, str]:
    """Ask how importance is judged, and how a unit adds up its weights where that matters."""
    judges = {key: each for key, each in known_criteria().items() if kind.layer_outputs or not each.units_only}
    criterion = judges[_choose(t("How to judge importance"), "judge", judges, notes)]
    if not kind.structures or criterion.units:
        return criterion.name, PruningPlan.norm
    norms = {key: norm.label for key, norm in NORMS.items()}
    about = t("So that units of all sizes compare.")
    return criterion.name, _select(t("How a unit adds up its weights"), "norm", norms, notes, about)


def _scope(kind: Granularity, notes: DeltaGenerator) -> str:
    """Ask which scores are compared with each other, unless a pattern settles it."""
    if kind.keep:
        st.caption(t("Where to cut is settled: in every group of M."))
        return PruningPlan.scope
    scopes = {key: each for key, each in known_scopes().items() if not (kind.structures and each.weights_only)}
    return _choose(t("Where to cut"), "scope", scopes, notes)


def _choose(label: str, key: str, options: Mapping[str, Choice], notes: DeltaGenerator) -> str:
    """Offer choices by their labels, with the sentence and the source of the chosen one below."""
    chosen = _select(label, key, {value: choice.label for value, choice in options.items()}, notes)
    st.caption(t("{help} ({source})", help=t(options[chosen].help), source=t(options[chosen].source)))
    return chosen


def _select(label: str, key: str, labels: Mapping[str, str], notes: DeltaGenerator, help: str | None = None) -> str:
    """Offer options by their labels; the choice lives in the link under `key`, unless it is the first."""
    link.read_choice(key, labels, notes, next(iter(labels)))
    chosen = st.selectbox(
        label, list(labels), format_func=option_labels(labels), key=key, help=help, persist_state="session"
    )
    link.write_choice(key, chosen, next(iter(labels)))
    return chosen


def _embeddings(name: str, notes: DeltaGenerator) -> bool:
    """Ask whether the tables of words, users or films may go too, where there are any."""
    if not cache.task(name).opt_in_parameters:
        return False
    link.read_choice("tables", ("True",), notes)
    link.start_as_usual("tables", False)
    if "tables" in st.session_state:
        st.session_state.tables = str(st.session_state.tables) == "True"
    chosen = st.checkbox(
        t("Embeddings too"),
        key="tables",
        help=t("The tables that hold a row of numbers for each word, user or film; often most of the network."),
        persist_state="session",
    )
    link.write_choice("tables", str(chosen), "False")
    return chosen


def _pattern(notes: DeltaGenerator) -> str:
    n, m = st.columns(2)
    numbers: list[int] = []
    for place, key, label, default in ((n, "n", t("N, how many stay"), 2), (m, "m", t("M, of how many"), 4)):
        link.read_choice(key, [str(i) for i in range(1, 17)], notes)
        st.session_state[key] = int(st.session_state.get(key, default))
        numbers.append(place.number_input(label, 1, 16, key=key, persist_state="session"))
        link.write_choice(key, str(numbers[-1]), str(default))
    return f"{numbers[0]}:{numbers[1]}"


def _own_shares(name: str, plan: PruningPlan, notes: DeltaGenerator) -> dict[str, float]:
    """Let people give single layers a sparsity of their own in a table; empty follows the slider."""
    names = cache.removable_names(name, plan.granularity, plan.embeddings)
    about, editor = plan_state.own_shares_keys(name, plan.granularity, plan.embeddings)
    given = link.read_overrides(link.requested("own") or "", names, notes)
    if editor not in st.session_state and about in st.session_state.get("kept", {}):
        st.session_state[about] = st.session_state["kept"][about]  # the table was on another page meanwhile
    start = st.session_state.setdefault(about, given)
    # Behind a switch, since the table takes longer to draw than all other choices together.
    switch, wanted = f"{about} open", st.session_state.pop(plan_state.WANTED.format(about), None)
    if wanted is not None or switch not in st.session_state:
        st.session_state[switch] = bool(start) if wanted is None else wanted
    if not st.toggle(t("Let single layers go their own way"), key=switch, persist_state="session"):
        link.write_choice("own", "", "")  # what the table held is kept for when it is switched on again
        return {}
    st.caption(t("Single layers may go their own way: a percentage here, or nothing to follow the slider."))
    rows = [{"Layer": each, "Own share, %": 100 * start[each] if each in start else None} for each in names]
    share = st.column_config.NumberColumn(t("Own share, %"), min_value=0, max_value=100, step=0.5, format="%.1f")
    table: Any = st.data_editor(
        pd.DataFrame(rows).astype({"Own share, %": float}),
        hide_index=True,
        disabled=["Layer"],
        column_config={"Layer": t("Layer"), "Own share, %": share},  # what people type is kept by the names of columns
        key=editor,
        height=min(35 * (len(rows) + 1) + 3, 260),
    )
    own = {row.Layer: row[1] / 100 for row in table.itertuples(index=False) if pd.notna(row[1])}
    link.keep_choice(about, own)
    link.write_choice("own", ",".join(f"{each}:{100 * share:g}" for each, share in own.items()), "")
    return own
