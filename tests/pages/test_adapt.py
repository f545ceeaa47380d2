"""The Adapt page without a browser: a new task in hand, ways side by side, and one person."""

import time

from streamlit.testing.v1 import AppTest

from core.tasks.recommender.person import adapt_to_person, films_to_rate
from pages.shared import cache
from tests.conftest import ROOT


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params.update(query)
    # The simulated browser shows the default model for one run when it changes pages; a real one does not.
    app.run().switch_page("pages/adapt.py").run().run()
    assert not app.exception
    return app


def of_label(elements, label):
    (found,) = (each for each in elements if each.label == label)
    return found


def test_a_new_task_is_taken_in_hand_and_every_page_is_about_it():
    app = open_page(model="fashion-mlp", threshold="0")
    of_label(app.selectbox, "New task").set_value("digits").run()
    of_label(app.segmented_control, "Training examples").set_value("50").run()
    app.button(key="take").click().run()
    assert not app.exception
    assert dict(app.query_params)["model"] == "fashion-mlp~digits:50"
    for page in ("explore", "fine_tune", "measure", "compare", "bring"):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception, page
        assert of_label(app.selectbox, "Pretrained model").value == "fashion-mlp~digits:50", page
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    again.query_params.update({"model": "fashion-mlp", "target": "digits:50", "threshold": "0"})
    again.run()
    assert of_label(again.selectbox, "Pretrained model").value == "fashion-mlp~digits:50"


def test_ways_are_compared_when_asked_for():
    app = open_page(model="fashion-mlp", threshold="0")
    of_label(app.selectbox, "New task").set_value("digits").run()
    app.button(key="adapt").click().run()
    until = time.monotonic() + 240
    while not (tables := [each.value for each in app.dataframe if "Way" in each.value.columns]):
        assert time.monotonic() < until
        time.sleep(0.3)
        app.run()
        assert not app.exception
    (table,) = tables
    assert list(table["Way"])[:1] == ["From scratch"]
    assert table["Examples"].iloc[0] == 10


def test_a_person_rates_films_and_sees_a_list_that_is_of_core():
    app = open_page(model="movielens-ncf", threshold="0")
    task = cache.task("movielens-ncf")
    ratings = {film.number: float(1 + place % 5) for place, film in enumerate(films_to_rate(task, 18))}
    for film in list(ratings)[:11]:
        app.session_state[f"stars of {film}"] = int(ratings[film]) - 1
    app.run()
    assert not app.exception
    expected = adapt_to_person(task, {film: ratings[film] for film in list(ratings)[:11]})
    tables = [each.value for each in app.dataframe if "Film" in each.value.columns]
    assert [list(table["Film"]) for table in tables] == [
        [each.film.title for each in films] for films in (expected.before, expected.after)
    ]
