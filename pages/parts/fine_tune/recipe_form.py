"""How a network learns: a ready recipe, and every choice of it for those who want to know."""

from dataclasses import replace

import streamlit as st

from core.tuning import Recipe, length_of, preset_for
from core.tuning.presets import known_presets
from core.tuning.strategies import known_strategies
from pages.parts.fine_tune.recipe_details import details
from pages.shared import cache, link


def choose_recipe(name: str) -> Recipe:
    """Ask for a preset, a strategy and, folded away, every detail. Raises BadRecipe when these do not fit together."""
    left, right = st.columns(2, gap="small")
    task, presets, strategies = cache.task(name), known_presets(), known_strategies()
    with left:
        link.read_choice("recipe", presets)
        preset = st.selectbox(
            "Recipe",
            list(presets),
            format_func=lambda each: preset_label(each, preset_for(task, each)),
            key="recipe",
            help="How long and how the network learns; every detail is below.",
            persist_state="session",
        )
        link.write_choice("recipe", preset, next(iter(presets)))
    usual = preset_for(task, preset)
    with right:
        key = f"strategy-{preset}"
        link.read_choice(key, strategies)
        strategy = st.selectbox(
            "Strategy",
            list(strategies),
            list(strategies).index(usual.strategy),
            format_func=lambda each: strategies[each].label,
            key=key,
            help="How pruning and learning are interleaved, all in the same number of steps.",
            persist_state="session",
        )
        link.write_choice(key, strategy, usual.strategy)
    st.caption(f"{strategies[strategy].help} ({strategies[strategy].source})")
    with st.expander("The recipe in detail", key="details"):
        chosen = details(usual, f"{preset}-{name}", strategy, task.training.augmentations)
        return replace(usual, strategy=strategy, **chosen)


def preset_label(preset: str, recipe: Recipe) -> str:
    """Name a preset by what it does for the model at hand."""
    strategy = known_strategies()[recipe.strategy].label
    how = strategy[0].lower() + strategy[1:]
    teacher = ", with the dense model as teacher" if recipe.distill else ""
    learns = f"{length_of(recipe)} of {recipe.optimizer.capitalize()} at {recipe.learning_rate:g}"
    return f"{known_presets()[preset].label}: {learns}, {how}{teacher}"
