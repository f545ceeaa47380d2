"""The Adapt page without a browser: a new task in hand, ways side by side, and one person."""

import time

from streamlit.testing.v1 import AppTest

from core.pruning import PruningPlan
from core.stages import Subject
from core.tasks.recommender.person import adapt_to_person, films_to_rate, find_films
from pages.shared import cache
from pages.shared.download import pack_network
from pages.shared.in_hand import InHand
from tests.conftest import ROOT
from tests.core.downloaded import unpack


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


def test_films_that_a_person_looks_for_can_be_rated_and_stay_rated():
    app = open_page(model="movielens-ncf", threshold="0")
    task = cache.task("movielens-ncf")
    first = films_to_rate(task, 18)[0].number
    matrix = find_films(task, "matrix")[0]
    app.session_state[f"stars of {first}"] = 3
    app.text_input(key="film words").set_value("the matrix").run()
    assert not app.exception
    assert [each.value for each in app.markdown].count(matrix.title) == 1
    app.session_state[f"stars of {matrix.number}"] = 4
    app.run()
    app.text_input(key="film words").set_value("no film is called so").run()
    assert not app.exception
    assert any("No further film" in each.value for each in app.caption)
    assert [each.value for each in app.markdown].count(matrix.title) == 1  # it stays among what was rated
    assert any(each.value.startswith("2 rated") for each in app.caption)
    again = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    again.query_params.update({"model": "movielens-ncf", "threshold": "0"})
    again.session_state["visit key"] = app.session_state["visit key"]
    again.run().switch_page("pages/adapt.py").run().run()
    assert any(each.value.startswith("2 rated") for each in again.caption)


def test_the_network_that_knows_a_person_is_taken_home(tmp_path):
    app = open_page(model="movielens-ncf", threshold="0")
    task = cache.task("movielens-ncf")
    ratings = {film.number: float(1 + place % 5) for place, film in enumerate(films_to_rate(task, 18))}
    assert not any(each.proto.label == "Download the network that knows you" for each in app.get("download_button"))
    for film, stars in ratings.items():
        app.session_state[f"stars of {film}"] = int(stars) - 1
    app.run()
    assert not app.exception
    assert any(each.proto.label == "Download the network that knows you" for each in app.get("download_button"))
    person = adapt_to_person(task, ratings)
    hand = InHand(Subject("movielens-ncf", PruningPlan(), "dense"), 0.0)
    lines = unpack(pack_network(hand, ("safetensors",), person=person), tmp_path)
    assert "    network = NCF(users=672, films=9066)" in lines
