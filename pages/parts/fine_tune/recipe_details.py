"""Every detail of a recipe as a widget; what a preset says is what each starts with."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.tuning import Recipe
from core.tuning.settings import Number, OneOf, Setting, Share, SomeOf, Switch, settings_of
from core.tuning.strategies import known_strategies
from pages.shared.words import option_labels, t

COLUMNS = (
    ("epochs", "steps", "learning_rate", "batch_size", "seconds"),
    ("optimizer", "weight_decay", "warmup", "cosine"),
    ("learns", "augment", "label_smoothing", "seed"),
    ("distill", "temperature", "average", "patience", "recalibrate", "rounds"),
)
"""Which fields of a recipe stand below each other."""

KEYS = {"learning_rate": "rate", "batch_size": "batch", "weight_decay": "decay", "label_smoothing": "smooth"}
"""How the keys of widgets begin that are not called as their field."""


def details(usual: Recipe, suffix: str, strategy: str, augmentations: tuple[str, ...]) -> dict[str, Any]:
    """Ask for each choice of a recipe that matters here; return field -> value.

    usual: the recipe that the widgets start with. suffix: the end of their keys, so that each preset has its own.
    augmentations: the ways to vary examples that the task knows.
    """
    settings = _settings(strategy, augmentations)
    chosen = {}
    for column, names in zip(st.columns(len(COLUMNS), gap="small"), COLUMNS, strict=True):
        with column:
            for name in names:
                if name in settings:
                    key = f"{KEYS.get(name, name)}-{suffix}"
                    chosen[name] = _ask(settings[name], getattr(usual, name), key)
    return chosen


def _settings(strategy: str, augmentations: tuple[str, ...]) -> dict[str, Setting]:
    """Return how each field shows, without those that another strategy or another task alone would read."""
    strategies = known_strategies()
    foreign = {name for each in strategies.values() for name in each.settings} - set(strategies[strategy].settings)
    settings = {name: each for name, each in settings_of(Recipe).items() if name not in foreign}
    vary = settings.pop("augment")
    if augmentations and isinstance(vary, SomeOf):
        settings["augment"] = replace(vary, options={name: vary.options[name] for name in augmentations})
    return settings


def _ask(setting: Setting, usual: Any, key: str) -> Any:
    """Draw the widget of one field and return its value."""
    label = t(setting.label)
    given: dict[str, Any] = {"help": setting.help and t(setting.help), "key": key, "persist_state": "session"}
    match setting:
        case Number(step=step, format=written, least=least, empty=empty):
            given |= {"min_value": least, "step": step, "format": written, "placeholder": empty and t(empty)}
            return st.number_input(label, value=usual, **given)
        case Share(most=most, step=step):
            return st.slider(label, 0.0, most, usual, step, **given)
        case Switch():
            return st.checkbox(label, usual, **given)
        case OneOf(options=options):
            names = list(options)
            return st.selectbox(label, names, names.index(usual), format_func=option_labels(options), **given)
        case SomeOf(options=options):
            return st.multiselect(label, list(options), usual, format_func=option_labels(options), **given)
    raise TypeError(f"No widget is known for {setting!r}.")
