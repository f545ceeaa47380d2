"""The form of a recipe: what a preset says is what the page starts with, and each strategy is found by itself."""

import itertools
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.pruning import PruningPlan, prune
from core.tasks import catalog, load
from core.tuning import Recipe, fine_tune, length_of, preset_for
from core.tuning.settings import settings_of
from pages.parts.fine_tune.recipe_details import COLUMNS
from pages.parts.fine_tune.recipe_form import preset_label
from tests.core.tuning.added import added_strategy

SHIPPED = [info.name for info in catalog() if info.shipped]


def untouched(name: str, preset: str) -> None:
    """A page with nothing but the choice of a recipe."""
    import streamlit as st

    from pages.parts.fine_tune.recipe_form import choose_recipe

    st.session_state["recipe"] = preset
    st.session_state["chosen"] = choose_recipe(name)


def open_form(name: str = "fashion-mlp", preset: str = "quick") -> AppTest:
    app = AppTest.from_function(untouched, kwargs={"name": name, "preset": preset}, default_timeout=240).run()
    assert not app.exception
    return app


@pytest.mark.parametrize(("name", "preset"), [*itertools.product(SHIPPED, ["quick", "careful", "textbook"])])
def test_a_recipe_that_nobody_changed_is_the_preset(name, preset):
    app = open_form(name, preset)
    assert app.session_state["chosen"] == preset_for(load(name), preset)


def test_a_strategy_of_one_file_is_found_on_the_page_and_tunes(tmp_path):
    with added_strategy(tmp_path):
        app = open_form()
        picker = app.selectbox(key="strategy-quick")
        assert picker.label == "Strategy" and picker.options[3] == "Half now, half later"
        picker.set_value("two-cuts").run()
        assert not app.exception
        assert any("Half of what goes is pruned at once" in each.value for each in app.caption)
        recipe, task = app.session_state["chosen"], load("fashion-mlp")
        assert recipe == replace(preset_for(task, "quick"), strategy="two-cuts")
        seen = list(fine_tune(task, prune(task, PruningPlan(sparsity=0.9)), replace(recipe, steps=4)))
    assert [each.sparsity for each in seen] == pytest.approx([0.45, 0.45, 0.9, 0.9], abs=0.001)
    assert "Half now, half later" not in open_form().selectbox(key="strategy-quick").options


def test_the_details_hold_every_choice_but_those_of_other_strategies():
    assert sorted(itertools.chain(*COLUMNS)) == sorted(settings_of(Recipe))
    app = open_form()
    assert "Pruning rounds" not in {each.label for each in app.number_input}
    app.selectbox(key="strategy-quick").set_value("iterative").run()
    assert app.number_input(key="rounds-quick-fashion-mlp").label == "Pruning rounds"
    app.number_input(key="rounds-quick-fashion-mlp").set_value(5).run()
    assert app.session_state["chosen"].rounds == 5


def of_steps() -> None:
    """The same for a preset that counts steps, as that of large networks does."""
    from dataclasses import replace

    import streamlit as st

    from core.tasks import load
    from core.tasks.imagenet.task import RECIPE_DEFAULTS
    from pages.parts.fine_tune.recipe_form import choose_recipe
    from pages.shared import cache

    task = load("fashion-mlp")
    task = replace(task, training=replace(task.training, recipe_defaults=RECIPE_DEFAULTS))
    usual, cache.task = cache.task, lambda name: task
    try:
        st.session_state["chosen"] = choose_recipe("fashion-mlp")
    finally:
        cache.task = usual


def test_a_preset_that_counts_steps_keeps_them_until_somebody_changes_them():
    app = AppTest.from_function(of_steps, default_timeout=240).run()
    assert not app.exception
    assert app.session_state["chosen"].steps == 30
    app.number_input(key="steps-quick-fashion-mlp").set_value(50).run()
    assert app.session_state["chosen"].steps == 50
    assert any("30 steps" in each for each in app.selectbox(key="recipe").options)


@pytest.mark.parametrize("name", SHIPPED)
def test_labels_of_presets_say_what_they_do_for_the_model_at_hand(name):
    task = load(name)
    for preset in ("quick", "careful", "textbook"):
        recipe = preset_for(task, preset)
        said = preset_label(preset, recipe)
        assert length_of(recipe) in said and f"{recipe.learning_rate:g}" in said
        assert ("as teacher" in said) == (recipe.distill > 0)
