"""Strategies and presets are files of their own; what people read of a choice stands beside it."""

import pytest

from core.errors import BadRecipe
from core.pruning import PruningPlan, prune
from core.tuning import Recipe, fine_tune
from core.tuning.augmentations import AUGMENTATIONS
from core.tuning.presets import known_presets
from core.tuning.settings import OneOf, SomeOf, settings_of
from core.tuning.strategies import known_strategies
from tests.core.tuning.added import TWO_CUTS, added_strategy


def test_lists_begin_with_the_usual_choice():
    assert list(known_strategies()) == ["one-shot", "iterative", "gradual", "tune-first", "rewind", "scratch"]
    assert list(known_presets()) == ["quick", "careful", "textbook"]
    assert next(iter(known_presets().values())).recipe == Recipe()
    assert Recipe().strategy == next(iter(known_strategies()))


@pytest.mark.parametrize("known", [known_strategies, known_presets])
def test_each_choice_says_what_it_is(known):
    for name, choice in known().items():
        assert choice.name == name
        assert choice.label and choice.help.endswith((".", "?")) and choice.source


def test_a_strategy_of_one_file_is_known_and_tunes(tiny, tmp_path):
    assert len(TWO_CUTS.splitlines()) <= 60
    with added_strategy(tmp_path):
        assert list(known_strategies())[3] == "two-cuts"
        recipe = Recipe(strategy="two-cuts", epochs=3, batch_size=16)
        pruned = prune(tiny, PruningPlan(sparsity=0.5))
        *_, final = seen = list(fine_tune(tiny, pruned, recipe))
    assert [each.sparsity for each in seen] == pytest.approx([0.25] * 6 + [0.5] * 6, abs=0.01)
    assert final.ended and final.quality == tiny.evaluate(final.model)


def test_a_strategy_that_went_is_unknown_again(tmp_path):
    with added_strategy(tmp_path):
        Recipe(strategy="two-cuts")
    with pytest.raises(BadRecipe, match="no strategy named 'two-cuts'"):
        Recipe(strategy="two-cuts")


def test_a_strategy_reads_only_settings_that_recipes_have():
    for strategy in known_strategies().values():
        assert set(strategy.settings) <= set(settings_of(Recipe))


def test_what_a_form_offers_is_possible():
    for name, setting in settings_of(Recipe).items():
        if isinstance(setting, OneOf):
            for option in setting.options:
                Recipe(**{name: option})
        if isinstance(setting, SomeOf):
            Recipe(**{name: tuple(setting.options)})
    assert settings_of(Recipe)["augment"].options == AUGMENTATIONS
