"""Fine-tune: choose a strategy and a recipe, watch the network heal, see what this visit has tried."""

from dataclasses import replace

import streamlit as st

from core.tuning import Recipe, steps_of
from pages.parts.fine_tune.learning import show_groups, show_learning
from pages.parts.fine_tune.recipe_form import choose_recipe
from pages.parts.history.panel import show_history
from pages.shared import cache, fine_tunes, workers
from pages.shared.app_frame import require_app_frame
from pages.shared.bar import choose_in_hand
from pages.shared.download import download_button
from pages.shared.errors import show_errors
from pages.shared.fine_tune_panel import show_outcome, show_progress
from pages.shared.fine_tunes import Running
from pages.shared.in_hand import InHand
from pages.shared.no_examples import has_examples, offer_to_bring_examples
from pages.shared.promises import describe_promise, show_promise
from pages.shared.terms import show_terms, with_terms
from pages.shared.words import t


def show_fine_tune(hand: InHand, recipe: Recipe) -> None:
    """Start or stop a fine-tune; follow a running one without redrawing the rest; show what came of an ended one."""
    running = fine_tunes.current()
    if running is not None and running.active:
        st.fragment(_follow, run_every=0.5)(running)
        # Drawing a chart costs the browser far more than moving a bar, so it comes less often.
        st.fragment(show_learning, run_every=3.0)(running.job)
        return
    if fine_tunes.just_ended(hand.network, hand.plan):
        st.rerun()  # it ended since the bar on top was drawn, which turns to it
    _offer_start(hand, recipe)
    show_promise(replace(hand.experiment, recipe=recipe), ask=True)
    tuned = show_outcome(hand, running)
    if running is not None and (tuned is None or tuned.experiment == running.experiment):
        show_learning(running.job)
    if tuned is not None and tuned.artefact:
        show_groups(tuned)


def _offer_start(hand: InHand, recipe: Recipe) -> None:
    """Say what a fine-tune will cost, and offer to start it and to download the network."""
    told, start, download = st.columns([4, 1, 1], vertical_alignment="center", gap="small")
    steps = steps_of(cache.task(hand.network), recipe)
    told.markdown(
        with_terms(
            t(
                "{steps:,} [[step|optimiser steps]], the same for every strategy, so that they can be compared.",
                steps=steps,
            )
        )
    )
    if start.button(t("Fine-tune"), type="primary", key="fine-tune", width="stretch"):
        fine_tunes.start_fine_tune(hand.network, hand.plan, recipe, hand.parent, hand.repair)
        st.rerun()
    with download:
        download_button(hand, cache.settled_result(hand.subject))


def _follow(running: Running) -> None:
    """Show a running fine-tune: progress, and a way to stop."""
    if not running.active:
        st.rerun()
    far, stop = st.columns([5, 1], vertical_alignment="center", gap="small")
    show_progress(running.job, far)
    stop.button(t("Stop"), on_click=workers.jobs().stop, args=(running.job,), width="stretch")
    if running.promise:
        st.markdown(describe_promise(running.promise))


require_app_frame()
st.title(t("How well can it recover?"), anchor=False)
choices, results = st.container(), st.container()
with show_errors(results):
    hand = choose_in_hand(choices, choices)
    if has_examples(hand.network):
        with choices:
            recipe = choose_recipe(hand.network)
        with results:
            show_fine_tune(hand, recipe)
    else:
        offer_to_bring_examples()
with show_errors():
    show_history()
show_terms(
    "fine-tuning",
    "recipe",
    "step",
    "epoch",
    "learning-rate",
    "one-shot",
    "gradual-pruning",
    "lottery-ticket",
    "distillation",
    "augmentation",
    "training-data",
    "over-fitting",
    "generalisation",
    "seed",
)
