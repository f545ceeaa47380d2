"""What a link asks for holds and is answered for."""

import pytest

from core.errors import BadPlan
from pages.shared import cache
from tests.pages.test_explore import metric, open_app


def seen_warnings(app):
    """The warnings that stand in no panel that may be closed."""
    hidden = {id(each) for panel in app.expander for each in panel.warning}
    return [each.value for each in app.main.warning if id(each) not in hidden]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"scope": "best"}, "scope = 'best'"),
        ({"remove": "everything"}, "remove = 'everything'"),
        ({"judge": "magic"}, "judge = 'magic'"),
        ({"own": "fc9.weight:3"}, "'fc9.weight:3'"),
        ({"own": "fc1.weight:lots"}, "'fc1.weight:lots'"),
        ({"remove": "N:M", "n": "99"}, "n = '99'"),
        ({"scope": "row", "remove": "channel"}, "scope = 'row'"),
        ({"judge": "bn-scale"}, "judge = 'bn-scale'"),
        ({"model": "nothing"}, "'nothing'"),
        ({"threshold": "much"}, "'much'"),
        ({"thresold": "70"}, "thresold, which means nothing here"),
    ],
    ids=str,
)
def test_what_a_link_asks_for_and_is_not_there_is_said_where_it_is_seen(query, said):
    app = open_app(**{"model": "fashion-mlp", **query})
    assert not app.exception
    assert any(said in text for text in seen_warnings(app)), seen_warnings(app)


def test_a_link_that_is_understood_is_not_talked_about():
    app = open_app(model="fashion-mlp", threshold="70", scope="lamp", utm_source="mail")
    assert seen_warnings(app) == []


@pytest.mark.parametrize("page", ["measure", "fine_tune"])
def test_the_choices_of_a_link_hold_on_the_next_page(page):
    app = open_app(model="fashion-mlp", threshold="70", scope="lamp", own="fc1.weight:20")
    # The simulated browser shows the default model for one run when it changes pages; a real one does not.
    app.switch_page(f"pages/{page}.py").run().run()
    assert not app.exception
    assert app.selectbox(key="model").value == "fashion-mlp"
    assert app.slider(key="threshold").value == 70.0
    assert app.selectbox(key="scope").value == "lamp"
    kept = app.session_state["kept"]
    assert (kept["model"], kept["threshold"], kept["scope"]) == ("fashion-mlp", 70.0, "lamp")
    assert kept["own fashion-mlp weight False"] == {"fc1.weight": 0.2}


def test_a_shortcut_around_an_empty_layer_is_not_called_the_end_of_all_signals():
    app = open_app(model="fashion-resnet", threshold="0", own="stage2.1.conv1.weight:100")
    assert not app.exception
    assert not any("no signal" in each.value for each in app.warning)
    assert any("takes another way around" in each.value for each in app.info)


def test_a_change_has_its_range_and_one_that_may_be_chance_looks_like_none():
    app = open_app(model="fashion-mlp", threshold="10")
    assert metric(app, "Accuracy").delta.startswith("no clear change: ")
    app.slider(key="threshold").set_value(90.0).run()
    assert metric(app, "Accuracy").delta.count("points") == 1 and "(" in metric(app, "Accuracy").delta


def test_a_network_that_cannot_be_made_smaller_says_so_and_shows_the_masked_one(monkeypatch):
    def refused(pruned):
        raise BadPlan("Without its removed units this network would answer differently.", "Choose single weights.")

    monkeypatch.setattr(cache, "shrink", refused)
    cache._cost_and_refusal.clear()
    # A place that no other test looks at: what a network costs is kept for all, and then nobody counts again.
    app = open_app(model="fashion-mlp", threshold="51.3", remove="neuron")
    cache._cost_and_refusal.clear()
    assert not app.exception
    assert any("would answer differently" in each.value for each in app.warning)
    assert metric(app, "Weights left").value != "..."
