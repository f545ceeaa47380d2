"""How a network learns: a ready recipe, and every choice of it for those who want to know."""

from dataclasses import replace

import streamlit as st

from core.tuning import Recipe, length_of, preset_for
from pages.parts.fine_tune.recipe_details import details
from pages.shared import cache, link
from pages.shared.plan_labels import STRATEGY

PRESETS = ("quick", "careful", "textbook")


def choose_recipe(name: str) -> Recipe:
    """Ask for a preset, a strategy and, folded away, every detail. Raises BadRecipe when these do not fit together."""
    left, right = st.columns(2, gap="small")
    task = cache.task(name)
    with left:
        link.from_link("recipe", PRESETS)
        preset = st.selectbox(
            "Recipe",
            PRESETS,
            format_func=lambda each: label(each, preset_for(task, each)),
            key="recipe",
            help="How long and how the network learns; every detail is below.",
            persist_state="session",
        )
        link.to_link("recipe", preset, "quick")
    usual = preset_for(task, preset)
    with right:
        key = f"strategy-{preset}"
        link.from_link(key, STRATEGY)
        strategy = st.selectbox(
            "Strategy",
            list(STRATEGY),
            list(STRATEGY).index(usual.strategy),
            format_func=lambda each: STRATEGY[each].label,
            key=key,
            help="How pruning and learning are interleaved, all in the same number of steps.",
            persist_state="session",
        )
        link.to_link(key, strategy, usual.strategy)
    way = STRATEGY[strategy]
    st.caption(f"{way.about} ({way.source})")
    with st.expander("The recipe in detail", key="details"):
        chosen = details(usual, f"{preset}-{name}", strategy, task.training.augmentations)
        return replace(usual, strategy=strategy, **chosen)


def label(preset: str, recipe: Recipe) -> str:
    """Name a preset by what it does for the model at hand."""
    how = STRATEGY[recipe.strategy].label[0].lower() + STRATEGY[recipe.strategy].label[1:]
    teacher = ", with the dense model as teacher" if recipe.distill else ""
    learns = f"{length_of(recipe)} of {recipe.optimizer.capitalize()} at {recipe.learning_rate:g}"
    return f"{preset.capitalize()}: {learns}, {how}{teacher}"
