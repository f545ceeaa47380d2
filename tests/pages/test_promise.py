"""What a fine-tune is promised to reach: said before it, judged after it, kept through a reload."""

import re
import time
from dataclasses import replace

import pytest

from core.experiment import Experiment
from core.measure import PastRun, read_promise, shipped_runs
from core.measure.promise import LEAST
from core.pruning import PruningPlan
from core.store import find_result, save_result
from core.tasks import load
from core.tuning import preset_for
from pages.shared import curves, promises, storage
from tests.pages.test_explore import fine_tuned, open_app, press
from tests.pages.test_fine_tune import open_page

FIGURE = r"\d+\.\d\d"


def said(app, words):
    return [each.value for each in (*app.markdown, *app.caption) if words in each.value]


def figures(sentence):
    return [float(each) for each in re.findall(FIGURE, sentence)]


def the_promise(app):
    (sentence,) = said(app, "Expected after it")
    return sentence


def once_narrowed(app):
    deadline = time.monotonic() + 240
    while "gets narrower" in the_promise(app):
        assert time.monotonic() < deadline
        time.sleep(0.2)
        app.run()
    return app


def test_what_is_promised_stands_before_the_start_and_is_judged_after_it_and_after_a_reload(monkeypatch):
    monkeypatch.setattr(promises, "MOST", 0)  # or runs that other tests began end meanwhile, and are learned from
    promises._stored.clear()
    app = once_narrowed(open_page(model="fashion-mlp", threshold="91.5", scope="lamp"))  # of which no repair ships
    value, low, high = figures(the_promise(app))
    assert low <= value <= high
    plan, quick = PruningPlan(sparsity=0.915, scope="lamp"), preset_for(load("fashion-mlp"), "quick")
    experiment = Experiment("fashion-mlp", plan=plan, recipe=quick)
    runs, shipped = promises._known(experiment).but(plan)
    assert len(runs) == shipped == len(shipped_runs("fashion-mlp"))
    assert f"from {shipped} runs of this network, {shipped} of them shipped" in the_promise(app)
    app = fine_tuned(press(app, "Fine-tune"))
    assert not app.exception
    (verdict,) = set(said(app, "The promise"))
    reached, *promised = figures(verdict)
    assert promised == [low, high, value]
    assert verdict.startswith("The promise held" if low <= reached <= high else "The promise did not hold")

    monkeypatch.undo()
    kept = read_promise(find_result(storage.store(), experiment.id, "fine-tuned", "fine-tune").content["promise"])
    assert [100 * each for each in (kept.value, kept.low, kept.high)] == pytest.approx([value, low, high], abs=0.006)
    assert reached == pytest.approx(100 * promises._read("fashion-mlp", storage.store())[-1].tuned, abs=0.006)

    again = open_app(**experiment.to_link(), stage="Fine-tuned")  # a new session that has the link alone
    assert said(again, "The promise") == [verdict]


def test_a_run_in_the_store_is_one_more_to_learn_from_and_does_not_tell_of_itself():
    recipe = replace(preset_for(load("fashion-mlp"), "quick"), batch_size=97)
    first = Experiment("fashion-mlp", plan=PruningPlan(sparsity=0.5), recipe=recipe)
    for place in range(LEAST):
        experiment = replace(first, plan=PruningPlan(sparsity=0.5 + place / 100))
        run = PastRun(experiment, experiment.plan.sparsity, 0.9, 0.85 - place / 100, None, 0.89 - place / 1000)
        promises.keep_run(storage.store(), run)
    other = PruningPlan(sparsity=0.555)
    runs, shipped = promises._known(replace(first, plan=other)).but(other)
    assert (len(runs), shipped) == (LEAST, 0)
    assert promises.promise_at_start(replace(first, plan=other)).runs == LEAST
    assert promises.promise_at_start(first) is None


@pytest.mark.parametrize("open_it", [open_app, open_page])
def test_a_recipe_that_nobody_has_tried_is_promised_nothing_and_can_be_started(open_it):
    app = open_it(model="fashion-mlp", threshold="90", repair="once")
    assert not app.exception
    assert said(app, f"takes {LEAST} runs of this network") and not said(app, "Expected after it")
    assert "Fine-tune" in {button.label for button in app.button}


def test_a_repair_that_ships_makes_the_promise_narrow_at_once():
    app = open_page(model="fashion-mlp", threshold="91.5")
    assert "gets narrower" not in the_promise(app)
    assert promises._repair_work("fashion-mlp", PruningPlan(sparsity=0.915)).job is None  # nobody has to repair it
    _, low, high = figures(the_promise(app))
    with pytest.MonkeyPatch.context() as nothing:
        nothing.setattr(curves, "known_repaired", lambda *about: None)
        _, lower, higher = figures(the_promise(open_app(model="fashion-mlp", threshold="91.5")))
    assert high - low < higher - lower


def test_explore_promises_without_repairing_anything():
    app = open_app(model="fashion-mlp", threshold="83.5", scope="layer")
    assert "gets narrower" not in the_promise(app)
    assert promises.known_repaired("fashion-mlp", PruningPlan(sparsity=0.835, scope="layer")) is None
    app.selectbox(key="rounds").set_value("Longer (3 times)").run()
    assert said(app, f"takes {LEAST} runs of this network") and not said(app, "Expected after it")


def test_what_is_stored_and_cannot_be_read_is_left_out():
    experiment = Experiment("cartpole-policy", plan=PruningPlan(sparsity=0.5))
    before = promises._read("cartpole-policy", storage.store())
    save_result(storage.store(), experiment, "fine-tuned", promises.KIND, {"odd": 1})
    assert promises._read("cartpole-policy", storage.store()) == before
