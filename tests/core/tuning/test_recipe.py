"""What a recipe may hold, its presets, and how long it learns."""

import pytest

from core.errors import BadRecipe
from core.tuning import Recipe, length_of, longer


@pytest.mark.parametrize(
    "choices",
    [
        {"epochs": 0},
        {"epochs": 201},
        {"learning_rate": 0.0},
        {"learning_rate": -1.0},
        {"learning_rate": float("nan")},
        {"learning_rate": 50.0},
        {"batch_size": 0},
        {"optimizer": "magic"},
        {"weight_decay": -0.1},
        {"label_smoothing": 2.0},
        {"distill": 1.5},
        {"temperature": 0.0},
        {"learns": "last-0"},
        {"learns": "nothing"},
        {"strategy": "magic"},
        {"rounds": 0},
        {"patience": -1},
        {"seconds": 0.0},
        {"seconds": float("nan")},
        {"augment": ("rotate",)},
    ],
)
def test_an_impossible_recipe_is_a_sentence(choices):
    with pytest.raises(BadRecipe) as caught:
        Recipe(**choices)
    assert caught.value.what.endswith(".")
    assert caught.value.advice.endswith((".", "start."))


def test_presets():
    assert Recipe.preset("textbook").epochs == 5
    assert Recipe.preset("textbook").learning_rate == 1e-4
    assert Recipe.preset("quick", seed=4).seed == 4
    with pytest.raises(BadRecipe):
        Recipe.preset("magic")


def test_lengths_count_what_the_recipe_counts():
    assert length_of(Recipe()) == "1 round"
    assert length_of(Recipe(epochs=3)) == "3 rounds"
    assert length_of(longer(Recipe(epochs=3), 10)) == "30 rounds"
    assert length_of(longer(Recipe(steps=30), 3)) == "90 steps"
    assert longer(Recipe(steps=30), 3).epochs == 1
