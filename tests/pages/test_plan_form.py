"""What to remove, how to judge, where to cut: the choices on the page, in the link, and when they do not fit."""

import pytest

from core.pruning import PruningPlan, prune, shrink
from tests.core.pruning.added import add_choices
from tests.pages.test_explore import metric, number, open_app

OWN = {"fc1.weight": 0.2, "fc3.weight": 0.0}


def test_the_usual_ways_are_single_weights_by_magnitude_with_one_cut():
    app = open_app(model="fashion-mlp")
    assert [app.selectbox(key=key).value for key in ("remove", "judge", "scope")] == ["weight", "magnitude", "global"]
    labels = {box.label for box in app.selectbox}
    assert {"What to remove", "How to judge importance", "Where to cut"} <= labels
    sources = " ".join(caption.value for caption in app.caption)
    assert "Han et al. 2015" in sources
    assert "random" in app.selectbox(key="judge").options[3]


@pytest.mark.parametrize(
    ("query", "plan"),
    [
        ({"judge": "activation"}, PruningPlan(sparsity=0.7, criterion="activation")),
        ({"judge": "first-order", "scope": "lamp"}, PruningPlan(sparsity=0.7, criterion="first-order", scope="lamp")),
        ({"judge": "random", "scope": "layer"}, PruningPlan(sparsity=0.7, criterion="random", scope="layer")),
        ({"scope": "erk"}, PruningPlan(sparsity=0.7, scope="erk")),
        ({"remove": "neuron", "norm": "l1"}, PruningPlan(sparsity=0.7, granularity="neuron", norm="l1")),
        (
            {"remove": "channel", "judge": "zero-activations"},
            PruningPlan(sparsity=0.7, granularity="channel", criterion="zero-activations"),
        ),
        ({"remove": "N:M"}, PruningPlan(granularity="2:4")),
        ({"remove": "N:M", "n": "1", "m": "8"}, PruningPlan(granularity="1:8")),
        (
            {"own": "fc1.weight:20,fc3.weight:0"},
            PruningPlan(sparsity=0.7, overrides={"fc1.weight": 0.2, "fc3.weight": 0}),
        ),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_a_link_carries_every_choice_and_the_figures_are_those_of_core(query, plan, mlp):
    app = open_app(model="fashion-mlp", threshold="70", **query)
    assert not app.exception
    assert not app.error
    pruned = prune(mlp, plan)
    assert number(metric(app, "Accuracy").value) == pytest.approx(100 * mlp.evaluate(pruned.model).value, abs=0.051)
    assert number(metric(app, "Sparsity").value) == pytest.approx(100 * pruned.sparsity, abs=0.051)
    left = sum(int(mask.sum()) for mask in pruned.masks.values())
    if plan.structured:
        left = sum(p.numel() for p in shrink(pruned).parameters() if p.ndim > 1)
    assert number(metric(app, "Weights left").value) == left
    for key, value in query.items():
        assert app.query_params[key] in (value, [value])


def test_a_pattern_settles_how_much_goes():
    app = open_app(model="fashion-mlp", remove="N:M")
    assert app.slider(key="threshold").disabled
    assert metric(app, "Sparsity").delta == "2 of every 4 stay"
    app.selectbox(key="remove").set_value("weight").run()
    assert not app.slider(key="threshold").disabled
    assert metric(app, "Sparsity").value == "80.0 %"


def test_a_pattern_that_is_none_is_a_sentence_and_the_choice_can_be_mended():
    app = open_app(model="fashion-mlp", remove="N:M", n="4", m="4")
    assert not app.exception
    assert "pattern 4:4 is not possible" in app.error[0].value
    app.number_input(key="n").set_value(1).run()
    assert not app.error
    assert metric(app, "Sparsity").value == "75.0 %"


def test_what_a_model_cannot_carry_is_a_sentence_that_says_what_is_possible():
    app = open_app(model="fashion-resnet", remove="neuron")
    assert not app.exception
    assert "no fully connected layer" in app.error[0].value
    assert "Choose channels" in app.error[0].value
    assert app.slider(key="threshold").value == 80.0
    app.selectbox(key="remove").set_value("weight").run()
    assert not app.error


def test_batch_norm_scale_is_offered_for_units_only_and_refused_where_there_is_none():
    app = open_app(model="fashion-mlp")
    assert len(app.selectbox(key="judge").options) == 4
    app.selectbox(key="remove").set_value("channel").run()
    assert len(app.selectbox(key="judge").options) == 6
    app.selectbox(key="judge").set_value("bn-scale").run()
    assert "batch normalisation" in app.error[0].value
    app.selectbox(key="remove").set_value("weight").run()
    assert app.selectbox(key="judge").value == "magnitude"
    assert not app.error


@pytest.mark.parametrize(
    "query",
    [{"judge": "magic"}, {"remove": "everything"}, {"scope": "<b>"}, {"own": "fc9.weight:3"}, {"own": "fc1.weight:x"}],
)
def test_a_link_with_an_unknown_choice_is_a_sentence_and_the_usual_one(query):
    app = open_app(model="fashion-mlp", **query)
    assert not app.exception
    assert not app.error
    assert "The link" in app.warning[0].value
    assert metric(app, "Sparsity").value == "80.0 %"


def test_an_emptied_layer_is_named_as_a_warning():
    app = open_app(model="fashion-mlp", threshold="20", remove="channel", own="fc2.weight:100")
    assert not app.error
    assert "Nothing is left of fc2.weight" in app.warning[0].value


def test_what_is_left_shows_the_chosen_layer():
    app = open_app(model="fashion-lenet5", threshold="90")
    app.segmented_control(key="view").set_value("What is left").run()
    assert not app.exception
    assert "20 of 20 filters left" in " ".join(each.value for each in app.markdown)
    app.selectbox(key="shown-layer").set_value("fc1.weight").run()
    assert "500 units (rows) left" in " ".join(each.value for each in app.markdown)


def test_a_criterion_and_a_scope_in_files_that_nothing_names_are_on_the_page_and_prune(tmp_path, monkeypatch, mlp):
    add_choices(tmp_path, monkeypatch)
    app = open_app(model="fashion-mlp", threshold="70")
    boxes = {box.label: box for box in app.selectbox}
    assert boxes["How to judge importance"].options[-1] == "The smallest of all"
    assert boxes["Where to cut"].options[-1] == "Against the layer's largest"
    boxes["How to judge importance"].set_value("smallest-of-all").run()
    app.selectbox(key="scope").set_value("against-the-largest").run()
    assert not app.exception
    assert not app.error
    assert any("The most negative weights matter least." in caption.value for caption in app.caption)
    pruned = prune(mlp, PruningPlan(sparsity=0.7, criterion="smallest-of-all", scope="against-the-largest"))
    assert number(metric(app, "Accuracy").value) == pytest.approx(100 * mlp.evaluate(pruned.model).value, abs=0.051)
    assert number(metric(app, "Sparsity").value) == pytest.approx(70, abs=0.051)
    assert metric(app, "Sparsity").delta.startswith("scores below")
    assert app.query_params["judge"] in ("smallest-of-all", ["smallest-of-all"])
    app.selectbox(key="remove").set_value("channel").run()
    assert not app.error
    assert app.selectbox(key="norm").value == "l2"
    assert number(metric(app, "Sparsity").value) == pytest.approx(70, abs=0.5)
