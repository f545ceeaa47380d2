"""The bar on top: one choice for all pages, two units of the slider, stages, and an address with one writer."""

import pytest
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.pruning import PruningPlan
from core.tuning import Recipe
from tests.pages.kept import keep_fine_tune


def bar() -> None:
    import streamlit as st

    from pages.shared import link, visit
    from pages.shared.bar import choose_in_hand
    from pages.shared.errors import show_errors

    link.follow_address()
    visit.memory()
    top, details = st.container(), st.container()
    with show_errors():
        st.session_state["hand"] = choose_in_hand(top, details)


def opened(key: str = "", **choices: str) -> AppTest:
    app = AppTest.from_function(bar, default_timeout=240)
    if key:
        app.session_state["visit key"] = key
    for name, value in choices.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def hand(app: AppTest):
    return app.session_state["hand"]


def address(app: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in dict(app.query_params).items()}


def slider(app: AppTest):
    (found,) = (each for each in app.slider if each.label == "Pruning threshold")
    return found


def test_the_address_says_what_is_in_hand_and_opens_it_again():
    app = opened(model="fashion-mlp", threshold="90", scope="lamp")
    assert hand(app).plan == PruningPlan(sparsity=0.9, scope="lamp")
    slider(app).set_value(70.0).run()
    assert address(app) == {"model": "fashion-mlp", "threshold": "70", "scope": "lamp"}
    assert Experiment.from_link(address(app)) == hand(app).experiment
    assert hand(opened(**address(app))) == hand(app)


def test_an_address_that_somebody_went_back_to_is_followed():
    app = opened(model="fashion-mlp", threshold="90", scope="lamp")
    app.query_params = {"model": "fashion-mlp", "threshold": "40"}
    app.run()
    assert hand(app).plan == PruningPlan(sparsity=0.4)
    assert address(app) == {"model": "fashion-mlp", "threshold": "40"}


def test_an_address_that_is_only_behind_is_not_followed():
    app = opened(model="fashion-mlp", threshold="90")
    slider(app).set_value(50.0)
    app.query_params["threshold"] = "80"  # the browser had not heard of 90 yet
    app.run()
    assert hand(app).percent == 50.0
    assert address(app)["threshold"] == "50"


@pytest.mark.parametrize("scope", ["global", "lamp"])
def test_the_slider_counts_in_scores_too(scope):
    app = opened(model="fashion-mlp", threshold="90", scope=scope)
    app.selectbox(key="unit").set_value("score").run()
    near = hand(app)
    assert near.plan.sparsity is None
    assert near.percent == pytest.approx(90, abs=3)  # the place of the slider nearest to where it stood
    chosen = slider(app)
    chosen.set_value(chosen.min + 30 * chosen.step).run()
    plan = hand(app).plan
    assert plan.threshold == pytest.approx(chosen.min + 30 * chosen.step)
    assert float(address(app)["cut"]) == plan.threshold
    assert "threshold" not in address(app)
    again = hand(opened(**address(app)))
    assert again.plan == plan
    assert again.percent == pytest.approx(hand(app).percent)


def test_a_score_of_a_link_that_lies_between_the_places_of_the_slider_is_kept():
    app = opened(model="fashion-mlp", cut="0.0312345")
    assert hand(app).plan == PruningPlan(threshold=0.0312345)
    assert address(app)["cut"] == "0.0312345"


@pytest.mark.parametrize("choices", [{"scope": "layer"}, {"scope": "erk"}, {"remove": "N:M"}])
def test_where_each_layer_has_its_own_cut_there_is_no_score_to_choose(choices):
    app = opened(model="fashion-mlp", cut="0.03", **choices)
    assert not [each for each in app.selectbox if each.key == "unit"]
    assert hand(app).plan.threshold is None


@pytest.mark.parametrize(
    "link",
    [
        {"model": "<script>"},
        {"model": "fashion-mlp#../../secret"},
        {"model": f"fashion-mlp#{'0' * 64}"},
        {"threshold": "many"},
        {"cut": "-1"},
        {"learn": "{"},
        {"parent": "me"},
        {"stage": "Fried"},
    ],
    ids=str,
)
def test_a_broken_link_opens_the_usual_thing_and_says_why(link):
    app = opened(**link)
    assert [each.value for each in app.warning]
    assert hand(app).plan.sparsity == 0.8 or "cut" in link


def test_stages_are_offered_as_they_are_there():
    plan, recipe, key = PruningPlan(sparsity=0.9), Recipe(steps=4), "k" * 43
    experiment = Experiment("fashion-mlp", plan=plan, recipe=recipe)
    kept = keep_fine_tune(key, experiment)

    app = opened(key, model="fashion-mlp", threshold="90")
    (stages,) = (each for each in app.segmented_control if each.key == "stage")
    assert stages.options == ["Dense", "Pruned", "Fine-tuned"]
    stages.set_value("Fine-tuned").run()
    assert hand(app).subject.tuned == kept.artefact
    assert hand(app).recipe == recipe
    assert Experiment.from_link({k: v for k, v in address(app).items() if k != "stage"}) == experiment
    slider(app).set_value(80.0).run()
    assert hand(app).subject.stage == "pruned"  # of another amount there is no fine-tune
    # Somebody else sees it by the link alone.
    stranger = opened(**{**address(app), "threshold": "90"})
    assert hand(stranger).subject.stage == "pruned"
    linked = {**experiment.to_link(), "stage": "Fine-tuned"}
    assert hand(opened(**linked)).subject.tuned == kept.artefact
    # And it can be where the next one begins.
    onwards = opened(key, model=hand(opened(**linked)).subject.as_network, parent=experiment.id, threshold="95")
    assert hand(onwards).experiment.parent == experiment.id
    assert "fine-tuned" in onwards.caption[0].value


def test_a_followed_address_takes_the_bar_to_another_network():
    app = opened(model="fashion-mlp", threshold="90")
    app.query_params = {"model": "cartpole-policy", "threshold": "30", "judge": "random"}
    app.run()
    assert hand(app).network == "cartpole-policy"
    assert hand(app).plan == PruningPlan(sparsity=0.3, criterion="random")
