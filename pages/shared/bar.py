"""The bar on top of every page: which network, how much of it is removed and how, and which stage is looked at."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import PlaygroundError
from core.experiment import ID, STAGE_TITLES, read_link
from core.pruning import PruningPlan
from core.stages import Subject, catalogue_name
from core.tasks.names import PART
from core.tuning import Recipe
from pages.shared import cache, fine_tunes, link, repairs
from pages.shared.amount import choose_amount, choose_percent
from pages.shared.download_offer import offer_download
from pages.shared.in_hand import InHand
from pages.shared.own_networks import list_own_networks
from pages.shared.plan_form import choose_plan
from pages.shared.repair_choice import choose_repair
from pages.shared.words import option_labels, t

STAGES = {title: stage for stage, title in STAGE_TITLES.items()}
"""What can be looked at, as people read it."""


def choose_in_hand(top: DeltaGenerator, details: DeltaGenerator) -> InHand:
    """Ask for network, amount and stage in `top`, for the ways to prune in `details`; the address says the same.

    Stops the page where the network has to be fetched first. Raises what `PruningPlan` and loading raise.
    """
    notes = top.container()
    link.warn_of_unknown(st.query_params, notes)
    left, right = top.columns([2, 3], vertical_alignment="bottom", gap="medium")
    with left:
        name = choose_model()
    with top:
        if not offer_download(name):
            link.publish()
            st.stop()
    try:
        with details:
            base = choose_plan(name, notes)
    except PlaygroundError:
        with right:
            choose_percent(patterned=False)  # so that nothing that somebody had chosen is gone
        link.publish()
        raise
    with right:
        plan, percent = choose_amount(name, base)
    _turn_to_what_has_just_ended(name, plan)
    recipe, parent = _from_link(name, notes)
    link.say("parent", parent)
    with top.container(horizontal=True, vertical_alignment="center", gap="small", key="in-hand"):
        repair = choose_repair(name)
        subject, recipe = _choose_stage(Subject(name, plan), repair, recipe, parent)
        unrepaired = st.session_state["stage"] == STAGE_TITLES["repaired"] and subject.stage == "pruned"
        awaited = unrepaired and not repairs.repair_job(name, plan, repair).error
        hand = InHand(subject, percent, recipe, parent, repair, awaited)
        help = t("What you have in hand; it is the same on every page, and in the address.")
        if unrepaired:
            repairs.show_repair(name, plan, repair, describe(hand), help)
        else:
            st.caption(describe(hand), help=help)
    link.publish()
    return hand


def choose_model() -> str:
    """Let people choose a network: of the catalogue, or one of their own; it lives in the link."""
    titles = {name: info.title for name, info in cache.tasks().items()} | list_own_networks()
    coming = st.session_state.pop("model next", None)
    if coming is not None:
        st.session_state["model"] = coming
    wanted = _wanted_network()
    first = not link.restore_choice("model") and "model" not in st.session_state
    asked_for = {str(each) for each in (wanted, st.session_state.get("model")) if each is not None}
    for name in asked_for - set(titles):
        try:
            titles[name] = cache.info(name).title
        except PlaygroundError as error:
            if name == st.session_state.get("model"):
                del st.session_state["model"]
            st.warning(
                t(
                    "The link names a model that is not here: {name!r}. {what} {advice}",
                    name=name[:60],
                    what=error.what,
                    advice=error.advice,
                )
            )
    if first and wanted in titles:
        st.session_state["model"] = wanted
    link.start_as_usual("model", next(iter(titles)))
    name = st.selectbox(
        t("Pretrained model"),
        list(titles),
        format_func=option_labels(titles),
        help=t(
            "A network that has already learned its task; you will take parts of it away. Your own stand at the end."
        ),
        key="model",
        persist_state="session",
    )
    link.keep_choice("model", name)
    link.say("model", name)
    return name


def _wanted_network() -> str | None:
    """Return the network that the link asks for, with what it is to learn, which may stand apart."""
    wanted, target = link.requested("model"), link.requested("target")
    if wanted and target:
        link.keep_choice("target", target)
        wanted = f"{wanted}{PART}{target}"
        st.session_state["link"]["model"] = wanted
    return wanted


def _from_link(name: str, notes: DeltaGenerator) -> tuple[Recipe | None, str]:
    """Read from the link which fine-tune it shows and what it went on from; both hold as long as the network does."""
    kept = st.session_state.setdefault("from link", {})
    for key in ("learn", "parent"):
        if (wanted := link.requested(key)) is not None:
            kept[key] = (name, wanted)
            link.keep_choice(key, wanted)
    texts = {key: text for key, (network, text) in kept.items() if network == name}
    found, problems = read_link(texts)
    for problem in problems:
        notes.warning(t(problem))
    parent = texts.get("parent", "")
    return found.recipe, parent if ID.fullmatch(parent) else ""


def _choose_stage(pruned: Subject, repair: str, recipe: Recipe | None, parent: str) -> tuple[Subject, Recipe | None]:
    """Let people choose what to look at of those stages that there are; the pruned one while another is worked on."""
    tuned = fine_tunes.fine_tune_of(pruned.network, pruned.plan, repair, recipe, parent)
    there = {"fine-tuned": bool(tuned), "repaired": bool(repair)}
    offered = [label for label, stage in STAGES.items() if there.get(stage, True)]
    link.read_choice("stage", STAGES)
    if st.session_state.get("stage") not in offered:
        st.session_state["stage"] = "Pruned"
    label = st.segmented_control(
        t("Stage"),
        offered,
        format_func=option_labels(offered),
        key="stage",
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    stage = STAGES[label or "Pruned"]
    link.write_choice("stage", label or "Pruned", "Pruned")
    shown = tuned if stage == "fine-tuned" else None
    learned = shown.experiment.to_link()["learn"] if shown else ""
    link.say("learn", learned)
    if shown:
        return shown.subject, shown.recipe
    if stage == "repaired":
        return repairs.find_repaired(pruned.network, pruned.plan, repair) or pruned, None
    return replace(pruned, stage=stage), None


def _turn_to_what_has_just_ended(network: str, plan: PruningPlan) -> None:
    """Show a fine-tune of this network and plan by itself, once, after it has ended."""
    if running := fine_tunes.just_ended(network, plan):
        running.shown = True
        st.session_state["stage"] = "Fine-tuned"
        learned = running.experiment.to_link()["learn"]
        st.session_state.setdefault("from link", {})["learn"] = (network, learned)
        link.keep_choice("learn", learned)


def describe(hand: InHand) -> str:
    """Say in one line what is in hand."""
    info, plan = cache.info(hand.network), hand.plan
    amount = t("by the pattern") if plan.pattern else t("{percent:.1f} % removed", percent=hand.percent)
    if plan.threshold is not None:
        amount = t("all below {threshold:.4g} removed", threshold=plan.threshold)
    ways = t(", ").join(_plain(t(choice.label)) for choice in plan.choices)
    said = (
        t("{amount}, some layers their own way: {ways}", amount=amount, ways=ways)
        if plan.overrides
        else t("{amount}: {ways}", amount=amount, ways=ways)
    )
    whose = [t(info.title).rpartition(t(", "))[2]] if hand.network != catalogue_name(hand.network) else []
    tuned = [t("fine-tuned ({strategy})", strategy=t(hand.recipe.strategy))] if hand.recipe else []
    repaired = [t("repaired")] if hand.subject.stage == "repaired" or (hand.recipe and hand.repair) else []
    return " · ".join([*whose, said, *repaired, *tuned])


def _plain(label: str) -> str:
    """Write a label within a sentence: small letters at the beginnings of its parts."""
    return ", ".join(part[:1].lower() + part[1:] for part in label.split(", "))
