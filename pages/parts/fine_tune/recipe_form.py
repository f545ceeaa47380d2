"""How a network learns: a ready recipe, and every choice of it for those who want to know."""

from dataclasses import replace

import streamlit as st

from core.tuning import Recipe, length_of, preset_for
from core.tuning.presets import known_presets
from core.tuning.strategies import known_strategies
from pages.parts.fine_tune.recipe_details import details
from pages.shared import cache, link
from pages.shared.words import option_labels, t


def choose_recipe(name: str) -> Recipe:
    """Ask for a preset, a strategy and, folded away, every detail. Raises BadRecipe when these do not fit together."""
    left, right = st.columns(2, gap="small")
    task, presets, strategies = cache.task(name), known_presets(), known_strategies()
    with left:
        link.read_choice("recipe", presets)
        preset = st.selectbox(
            t("Recipe"),
            list(presets),
            format_func=option_labels({each: preset_label(each, preset_for(task, each)) for each in presets}),
            key="recipe",
            help=t("How long and how the network learns; every detail is below."),
            persist_state="session",
        )
        link.write_choice("recipe", preset, next(iter(presets)))
    usual = preset_for(task, preset)
    with right:
        key = f"strategy-{preset}"
        link.read_choice(key, strategies)
        strategy = st.selectbox(
            t("Strategy"),
            list(strategies),
            list(strategies).index(usual.strategy),
            format_func=option_labels({name: each.label for name, each in strategies.items()}),
            key=key,
            help=t("How pruning and learning are interleaved, all in the same number of steps."),
            persist_state="session",
        )
        link.write_choice(key, strategy, usual.strategy)
    chosen_way = strategies[strategy]
    st.caption(t("{help} ({source})", help=t(chosen_way.help), source=t(chosen_way.source)))
    with st.expander(t("The recipe in detail"), key="details"):
        chosen = details(usual, f"{preset}-{name}", strategy, task.training.augmentations)
        return replace(usual, strategy=strategy, **chosen)


def preset_label(preset: str, recipe: Recipe) -> str:
    """Name a preset by what it does for the model at hand."""
    strategy = t(known_strategies()[recipe.strategy].label)
    said = {
        "preset": t(known_presets()[preset].label),
        "length": t(length_of(recipe)),
        "optimiser": recipe.optimizer.capitalize(),
        "rate": recipe.learning_rate,
        "strategy": strategy[0].lower() + strategy[1:],
    }
    if not recipe.distill:
        return t("{preset}: {length} of {optimiser} at {rate:g}, {strategy}", **said)
    return t(
        "{preset}: {length} of {optimiser} at {rate:g}, {strategy}, with the dense model as teacher",
        **said,
    )
