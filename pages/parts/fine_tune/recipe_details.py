"""Every detail of a recipe as a widget; what a preset says is what each starts with."""

from typing import Any

import streamlit as st

from core.tuning import Recipe
from core.tuning.recipe import OPTIMIZERS
from pages.shared.plan_labels import VARIED

LEARNS = {
    "all": "Everything",
    "last-1": "The last layer",
    "last-2": "The last two layers",
    "biases-norms": "Biases and normalisation only",
}


def details(usual: Recipe, preset: str, strategy: str, augmentations: tuple[str, ...]) -> dict[str, Any]:
    """Ask for each choice; what a preset says is what the widgets start with."""
    kept: dict[str, Any] = {"persist_state": "session"}
    one, two, three, four = st.columns(4, gap="small")
    with one:
        epochs = st.number_input("Rounds (epochs)", value=usual.epochs, step=1, key=f"epochs-{preset}", **kept)
        steps = st.number_input(
            "Steps instead of rounds",
            value=usual.steps,
            step=10,
            placeholder="none: whole rounds",
            key=f"steps-{preset}",
            help="So many optimiser steps, whatever the number of rounds; empty for whole rounds.",
            **kept,
        )
        rate = st.number_input(
            "Learning rate", value=usual.learning_rate, step=1e-4, format="%.5f", key=f"rate-{preset}", **kept
        )
        batch = st.number_input("Batch size", value=usual.batch_size, step=32, key=f"batch-{preset}", **kept)
        seconds = st.number_input(
            "Time limit, seconds", value=usual.seconds, step=5.0, placeholder="none", key=f"seconds-{preset}", **kept
        )
    with two:
        optimizer = st.selectbox(
            "Optimizer", OPTIMIZERS, OPTIMIZERS.index(usual.optimizer), key=f"optimizer-{preset}", **kept
        )
        decay = st.number_input(
            "Weight decay", value=usual.weight_decay, step=1e-4, format="%.5f", key=f"decay-{preset}", **kept
        )
        warmup = st.slider("Warm-up, share of the steps", 0.0, 1.0, usual.warmup, 0.05, key=f"warmup-{preset}", **kept)
        cosine = st.checkbox("Learning rate falls (cosine)", usual.cosine, key=f"cosine-{preset}", **kept)
    with three:
        learns = st.selectbox("What learns", list(LEARNS), format_func=LEARNS.get, key=f"learns-{preset}", **kept)
        augment = usual.augment
        if augmentations:
            augment = st.multiselect(
                "Examples are varied", augmentations, augment, format_func=VARIED.get, key=f"augment-{preset}", **kept
            )
        smoothing = st.slider("Label smoothing", 0.0, 0.5, usual.label_smoothing, 0.05, key=f"smooth-{preset}", **kept)
        seed = st.number_input("Seed", value=usual.seed, min_value=0, step=1, key=f"seed-{preset}", **kept)
    with four:
        distill = st.slider(
            "Learn from the dense model",
            0.0,
            1.0,
            usual.distill,
            0.1,
            help="Share of the lesson that asks for the dense model's answers, not the labels (distillation).",
            key=f"distill-{preset}",
            **kept,
        )
        temperature = st.number_input(
            "Softness of these answers",
            value=usual.temperature,
            step=0.5,
            format="%.1f",
            help="The higher, the more the answers that the dense model holds for unlikely count (temperature).",
            key=f"temperature-{preset}",
            **kept,
        )
        average = st.slider(
            "Average the last weights",
            0.0,
            0.9,
            usual.average,
            0.1,
            help="Share of the run at its end over which the weights are averaged; what comes out is the mean.",
            key=f"average-{preset}",
            **kept,
        )
        patience = st.number_input(
            "Patience, looks",
            value=usual.patience,
            step=1,
            help="Stop when so many looks in a row bring nothing better, and take the best; 0 goes on to the end.",
            key=f"patience-{preset}",
            **kept,
        )
        recalibrate = st.checkbox(
            "Recalibrate batch norm",
            usual.recalibrate,
            help="Measure the statistics of batch normalisation anew at the end. With 0 rounds, nothing else is done.",
            key=f"recalibrate-{preset}",
            **kept,
        )
        rounds = usual.rounds
        if strategy == "iterative":
            rounds = st.number_input("Pruning rounds", value=usual.rounds, step=1, key=f"rounds-{preset}", **kept)
    return {
        "epochs": epochs,
        "steps": steps,
        "temperature": temperature,
        "learning_rate": rate,
        "batch_size": batch,
        "seconds": seconds,
        "optimizer": optimizer,
        "weight_decay": decay,
        "warmup": warmup,
        "cosine": cosine,
        "learns": learns,
        "augment": tuple(augment),
        "label_smoothing": smoothing,
        "seed": seed,
        "distill": distill,
        "patience": patience,
        "average": average,
        "recalibrate": recalibrate,
        "rounds": rounds,
    }
