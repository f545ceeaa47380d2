"""The page of a class without a browser: each state, a teacher and learners, and what people may do wrong."""

import json
import time

import pytest
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from core.classroom import (
    drive_class,
    join_class,
    list_guesses,
    list_learners,
    list_quizzes,
    list_submissions,
    open_class,
    read_status,
    save_guess,
    teacher_key,
)
from core.lessons import Predict, read_lesson
from core.store import StoreUnavailable, new_key, read_state, save_state
from core.store.tables import tries
from pages.shared.in_class import PLACE
from pages.shared.storage import store
from tests.conftest import ROOT

LESSON = "01-what-can-go"


@pytest.fixture(autouse=True)
def quick_hands(monkeypatch):
    """Let tests press as soon as something is drawn, which no person can."""
    monkeypatch.setattr("pages.parts.classroom.teacher.TOO_SOON", 0.0)


@pytest.fixture(autouse=True)
def fresh_limits():
    """Let no test use up the tries of another one."""
    with store().engine.begin() as connection:
        connection.execute(delete(tries))


def open_page(key: str = "", **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
    app.query_params.update(query)
    app.session_state["visit key"] = key or new_key()
    app.run().switch_page("pages/classroom.py").run()
    assert not app.exception
    return app


def button(app: AppTest, label: str):
    (found,) = [each for each in app.button if each.label == label]
    return found


def press(app: AppTest, label: str) -> AppTest:
    button(app, label).click().run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [each.label for each in app.button]


def code_of(app: AppTest) -> str:
    (code,) = [each.value for each in app.metric if each.label == "Code of the class"]
    return code


def join(app: AppTest, code: str, nickname: str) -> AppTest:
    by_label = {each.label: each for each in app.text_input}
    by_label["Code of the class"].set_value(code)
    by_label["Nickname"].set_value(nickname)
    return press(app, "Join")


def plain(app: AppTest) -> list[str]:
    return [each.value for each in app.text]


def said(app: AppTest) -> str:
    return " ".join(each.value for each in (*app.error, *app.info, *app.success, *app.markdown, *app.caption))


def chart_of(app: AppTest):
    (chart,) = app.get("plotly_chart")
    return chart.proto


def names_in(chart) -> set[str]:
    return {each["name"] for each in json.loads(chart.spec)["data"] if "name" in each}


def taught(**place) -> tuple[str, str]:
    """Open a class that is at a place; return its code and its teacher's visit."""
    visit = new_key()
    code = open_class(store(), visit)
    if place:
        drive_class(store(), code, **place)
    return code, visit


def reopen(visit: str, code: str) -> AppTest:
    """Open the page of a visit that knows by itself in which class it is."""
    save_state(store(), visit, {**read_state(store(), visit), PLACE: code})
    return open_page(visit)


def test_who_is_in_no_class_can_join_one_or_open_one():
    app = open_page()
    assert [each.label for each in app.text_input] == ["Code of the class", "Nickname"]
    assert {"Join", "Open a class"} <= set(labels(app))
    assert not app.error


def test_a_link_fills_in_the_code():
    app = open_page(**{"class": "k7m2qx"})
    assert app.text_input[0].value == "k7m2qx"


def test_a_class_is_opened_joined_found_again_after_a_reload_and_left():
    teacher = press(open_page("t" * 43), "Open a class")
    code = code_of(teacher)
    assert code_of(open_page("t" * 43)) == code
    visit = new_key()
    learner = join(open_page(visit), f" {code.lower()} ", "Ada")
    assert plain(learner) == [f"Ada, in class {code}"]
    again = open_page(visit)
    assert plain(again) == [f"Ada, in class {code}"]
    assert "Your teacher will begin" in said(again)
    press(again, "Leave")
    assert {"Join", "Open a class"} <= set(labels(again))
    assert [each.here for each in list_learners(store(), code)] == [False]
    assert {"Join", "Open a class"} <= set(labels(open_page(visit)))


def test_the_teachers_link_lets_a_second_one_drive_and_its_key_leaves_the_address():
    code, visit = taught()
    key, second = teacher_key(visit, code), new_key()
    app = open_page(second, **{"class": code, "teacher": key})
    assert code_of(app) == code
    assert "teacher" not in app.query_params
    assert code_of(open_page(second)) == code
    app.selectbox(key="class lesson").set_value(LESSON).run()
    assert read_status(store(), code).subject == LESSON
    first = reopen(visit, code)
    assert first.selectbox(key="class lesson").value == LESSON
    press(first, "Next")
    assert read_status(store(), code).step == 1
    press(app, "Next")  # drawn before the other one went on: both want the second step
    assert read_status(store(), code).step == 1


@pytest.mark.parametrize("key", ["", "guess", "x" * 64, "x" * 3_900])
def test_a_wrong_teachers_link_is_a_sentence_and_drives_nothing(key):
    code, _ = taught()
    app = open_page(**{"class": code, "teacher": key})
    if key:
        assert any("opens no class" in each.value for each in app.error)
    assert "Open a class" in labels(app)


def test_wrong_codes_are_a_sentence_and_soon_too_many():
    code, _ = taught()
    app = open_page()
    for _ in range(10):
        join(app, "ZZZZZZ", "Ada")
        assert any("no such class" in each.value for each in app.error)
    join(app, code, "Ada")  # even the right one has to wait now
    assert any("too many tries" in each.value for each in app.error)
    assert list_learners(store(), code) == []
    join(open_page(), code, "Eve")  # others may go on
    assert [each.name for each in list_learners(store(), code)] == ["Eve"]


@pytest.mark.parametrize("typed", ["", "12345", "x" * 10_000, "<b>", "'; --", "K7M2Q0"])
def test_what_is_no_code_is_a_sentence(typed):
    app = join(open_page(), typed, "Ada")
    assert len(app.error) == 1
    assert "code" in app.error[0].value


@pytest.mark.parametrize(
    ("typed", "problem"), [("", "at least one letter"), ("   ", "at least one letter"), ("x" * 10_000, "at most 30")]
)
def test_a_nickname_that_cannot_be_one_is_a_sentence(typed, problem):
    code, _ = taught()
    app = join(open_page(), code, typed)
    assert problem in app.error[0].value
    assert list_learners(store(), code) == []


@pytest.mark.parametrize(
    "typed",
    ["🦊🐼", "مريم", "<script>alert(1)</script>", "'; DROP TABLE members; --", "**bold** :red[x] $y$", "{name}"],
)
def test_a_nickname_appears_as_it_was_typed_to_the_learner_and_to_the_teacher(typed):
    code, visit = taught()
    learner = join(open_page(), code, typed)
    assert plain(learner) == [f"{typed}, in class {code}"]
    teacher = reopen(visit, code)
    assert typed in plain(teacher)
    shown = (*learner.markdown, *teacher.markdown, *learner.caption, *teacher.caption)
    assert not any(typed in each.value for each in shown)


def test_two_with_one_nickname_are_told_apart():
    code, _ = taught()
    join(open_page(), code, "Ada")
    assert plain(join(open_page(), code, "ada")) == [f"ada (2), in class {code}"]


def test_a_lesson_is_driven_from_waiting_to_guessing_to_the_truth():
    code, visit = taught(subject=LESSON, step=1)
    learner_visit = new_key()
    learner = join(open_page(learner_visit), code, "Ada")
    assert "will say when to guess" in said(learner)
    assert "That is my guess" not in labels(learner)
    teacher = press(reopen(visit, code), "Now predict")
    assert "0 guesses" in said(teacher)
    learner.run()
    (slider,) = learner.slider
    slider.set_value(70.0).run()
    assert "once yours is in" in said(learner)
    press(learner, "That is my guess")
    assert "70 %" in said(learner)
    assert [(each.step, each.value) for each in list_guesses(store(), code)] == [("half", 70.0)]
    assert "Your guess is in" in said(open_page(learner_visit))
    teacher.run()
    assert "1 guess" in said(teacher)
    assert names_in(chart_of(teacher)) == {"one guess"}  # on axes without a curve
    assert names_in(chart_of(learner)) == {"one guess", "your guess"}
    assert "1 guess at 50.0 % removed: 70 %." in chart_of(teacher).alt
    assert not any(each.label == "Measured just now" for each in (*teacher.metric, *learner.metric))
    press(teacher, "Show")
    learner.run()
    for app in (teacher, learner):
        assert any(each.label == "Measured just now" for each in app.metric)
        assert "measured" in names_in(chart_of(app))
    late = join(open_page(), code, "Eve")  # enters where the class is, and guesses no more
    assert any(each.label == "Measured just now" for each in late.metric)
    assert "That is my guess" not in labels(late)


def test_a_guess_that_comes_after_the_answer_does_not_count():
    code, _ = taught(subject=LESSON, step=1, phase="guess")
    learner = join(open_page(), code, "Ada")
    drive_class(store(), code, phase="shown")  # while the learner still looks at the slider
    press(learner, "That is my guess")
    assert list_guesses(store(), code) == []


def test_every_step_of_a_lesson_opens_for_a_learner_in_both_languages():
    code, _ = taught(subject=LESSON)
    visit = new_key()
    join(open_page(visit), code, "Ada")
    for language in ("en", "zh"):
        lesson = read_lesson(LESSON, language)
        for number in range(len(lesson.steps)):
            drive_class(store(), code, step=number)
            app = open_page(visit, lang=language)
            assert not app.error
            step = lesson.steps[number]
            assert f"# {step.ask if isinstance(step, Predict) else lesson.title}" in [
                e.value.replace("\xa0", " ") for e in app.markdown
            ]


def test_at_their_own_pace_learners_see_all_of_the_lesson_and_the_teacher_sees_their_guesses():
    code, visit = taught(subject=LESSON, free=True)
    learner = join(open_page(), code, "Ada")
    learner.slider[0].set_value(40.0).run()
    press(learner, "That is my guess")
    assert [(each.step, each.value) for each in list_guesses(store(), code)] == [("half", 40.0)]
    assert "1 guess" in said(reopen(visit, code))


def test_before_a_room_a_lesson_at_own_pace_is_one_step_at_a_time_and_guesses_still_go_to_the_class(monkeypatch):
    monkeypatch.setattr("pages.parts.learn.lesson.presenting", lambda: True)
    code, _ = taught(subject=LESSON, free=True)
    learner = join(open_page(), code, "Ada")
    asked = next(place for place, step in enumerate(read_lesson(LESSON).steps) if isinstance(step, Predict))
    for _ in range(asked):
        assert not learner.slider
        press(learner, "Next")
    assert button(learner, "Next").disabled
    learner.slider[0].set_value(40.0).run()
    press(learner, "That is my guess")
    assert [(each.step, each.value) for each in list_guesses(store(), code)] == [("half", 40.0)]
    press(learner, "Next")
    assert f"Step {asked + 2} of" in said(learner)


def test_the_quiz_is_answered_once_before_and_once_after_and_the_gain_is_shown():
    code, visit = taught(activity="quiz", subject="before")
    apps = [join(open_page(), code, name) for name in ("Ada", "Eve", "Joe")]
    press(apps[0], "Send my answers")
    assert any("no answer yet" in each.value for each in apps[0].error)
    for app in apps:
        for radio in app.radio:
            radio.set_value(0)
        press(app, "Send my answers")
        assert "Thank you" in said(app)
        assert not app.radio
    drive_class(store(), code, subject="after")
    for app in apps:
        app.run()
        for radio, right in zip(app.radio, (1, 2, 2, 0, 3, 0, 1, 3), strict=True):
            radio.set_value(right)
        press(app, "Send my answers")
        assert {each.label: each.value for each in app.metric}["Right after"] == "8 of 8"
    assert len(list_quizzes(store(), code)) == 6
    teacher = reopen(visit, code)
    shown = {each.label: each for each in teacher.metric}
    assert shown["Mean gain"].value == "+6.0"  # two of eight have their right answer first
    assert shown["Have answered"].value == "3 learners"


def test_a_challenge_shows_what_is_in_hand_and_a_board():
    code, _ = taught(activity="challenge", subject="ninety")
    learner = join(open_page(), code, "Ada")
    assert "Submit what is in hand" in labels(learner)
    assert "You have 10 submissions left." in said(learner)
    assert "Nobody stands on the board yet." in said(learner)


def test_a_teacher_is_told_before_a_challenge_that_who_leaves_can_look_at_test_figures():
    code, visit = taught(activity="challenge")
    assert "one who leaves the class can look" in said(reopen(visit, code))
    drive_class(store(), code, subject="ninety")
    assert "one who leaves" not in said(reopen(visit, code))


def test_what_is_submitted_is_scored_off_the_page_and_stands_on_everybodys_board():
    code, visit = taught(activity="challenge", subject="smallest")
    learner = join(open_page(), code, "<b>Ada</b>")
    press(learner, "Submit what is in hand")
    assert "1 submission is being scored" in said(learner.run())  # the board looks again each second
    for _ in range(600):
        (found,) = list_submissions(store(), code)
        if found.score:
            break
        time.sleep(0.1)
    assert found.score.quality.n == 10_000
    assert found.about["model"] == "fashion-lenet5"
    for app in (learner.run(), reopen(visit, code)):
        board = next(each.value for each in app.dataframe if "Rank" in each.value)
        assert board["Nickname"].tolist() == ["<b>Ada</b>"]
        assert board["Accuracy"].tolist() == [f"{100 * found.score.quality.value:.1f} %"]
        assert board["Keeps to the rules"].tolist() == ["no"]  # 80 % of it is gone, and it is not tuned
    assert "You have 9 submissions left." in said(learner)
    press(learner, "Submit what is in hand")
    assert any("exactly this network" in each.value for each in learner.error)


def test_test_data_are_hidden_from_learners_while_their_class_has_a_challenge():
    code, visit = taught(activity="challenge", subject="ninety")
    learner = new_key()
    join(open_page(learner), code, "Ada")

    def offers(key: str) -> bool:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=240)
        app.session_state["visit key"] = key
        app.run().switch_page("pages/measure.py").run()
        assert not app.exception
        return "Make the report" in labels(app)

    save_state(store(), visit, {PLACE: code})
    assert not offers(learner)
    assert offers(visit)
    assert offers(new_key())
    drive_class(store(), code, activity="lesson", subject=LESSON)
    assert offers(learner)


def test_a_class_that_was_deleted_is_a_sentence_to_those_in_it():
    code, visit = taught(subject=LESSON, step=1, phase="guess")
    learner = join(open_page(), code, "Ada")
    teacher = reopen(visit, code)
    assert button(teacher, "Delete this class").disabled
    teacher.checkbox(key="sure to delete").check().run()
    press(teacher, "Delete this class")
    assert read_status(store(), code) is None
    press(learner, "That is my guess")
    assert any("no such class" in each.value for each in learner.error)
    learner.run()
    assert {"Join", "Open a class"} <= set(labels(learner))


def test_a_removed_learner_is_told_so_and_may_join_again():
    code, visit = taught(subject=LESSON, step=1, phase="guess")
    learner_visit = new_key()
    learner = join(open_page(learner_visit), code, "Ada")
    press(learner, "That is my guess")
    join_class(store(), code, "Eve", new_key())
    teacher = reopen(visit, code)
    ada = next(each for each in list_learners(store(), code) if each.name == "Ada")
    teacher.button(key=f"remove {ada.id}").click().run()
    assert "this learner guessed" in said(teacher)
    press(teacher, "Keep in the class")
    assert "this learner guessed" not in said(teacher)
    teacher.button(key=f"remove {ada.id}").click().run()
    press(teacher, "Yes, remove")
    assert [each.name for each in list_learners(store(), code)] == ["Eve"]
    assert "Ada" not in plain(teacher)
    assert "0 guesses" in said(teacher)
    learner.run()
    assert any("has removed you" in each.value for each in learner.error)
    assert learner.text_input(key="class code").value == code
    again = join(learner, code, "Ada")
    assert plain(again) == [f"Ada, in class {code}"]
    assert not again.error
    assert "That is my guess" in labels(again)


def test_a_link_to_another_class_leads_out_of_this_one():
    (one, _), (two, _) = taught(), taught()
    visit = new_key()
    join(open_page(visit), one, "Ada")
    app = open_page(visit, **{"class": two})
    assert app.text_input[0].value == two
    join(app, two, "Ada")
    assert [each.here for each in list_learners(store(), one)] == [False]
    assert plain(open_page(visit)) == [f"Ada, in class {two}"]


def test_the_store_that_does_not_answer_is_a_sentence(monkeypatch):
    code, _ = taught()
    visit = new_key()
    join(open_page(visit), code, "Ada")

    def locked(*arguments):
        raise StoreUnavailable("Somebody else holds the store.", "Try it again.")

    monkeypatch.setattr("pages.parts.classroom.state.read_status", locked)
    app = open_page(visit)
    assert any("holds the store" in each.value for each in app.error)


def test_guesses_of_another_class_are_not_shown():
    (one, _), (two, visit) = (
        taught(subject=LESSON, step=1, phase="guess"),
        taught(subject=LESSON, step=1, phase="guess"),
    )
    ada = join_class(store(), one, "Ada", new_key())
    save_guess(store(), one, ada, LESSON, "half", 10.0)
    assert "0 guesses" in said(reopen(visit, two))


def test_a_lesson_that_cannot_be_read_is_a_sentence_and_the_class_goes_on():
    code, visit = taught(subject="99-not-there")
    learner_visit = new_key()
    learner = join(open_page(learner_visit), code, "Ada")
    assert any("cannot be read" in each.value for each in learner.error)
    assert reopen(visit, code).selectbox(key="class lesson").value is None
    drive_class(store(), code, subject=LESSON)
    learner.run()
    assert "step 1 of" in said(learner)


def test_a_press_that_comes_before_anybody_saw_the_new_place_goes_no_further(monkeypatch):
    key = new_key()
    code = open_class(store(), key)
    drive_class(store(), code, subject=LESSON, step=0)
    save_state(store(), key, {PLACE: code})
    app = open_page(key)
    monkeypatch.setattr("pages.parts.classroom.teacher.TOO_SOON", 60.0)
    app.button(key="class next").click().run()
    app.button(key="class next").click().run()
    assert not app.exception
    assert read_status(store(), code).step == 1
    monkeypatch.setattr("pages.parts.classroom.teacher.TOO_SOON", 0.0)
    app.button(key="class next").click().run()
    assert read_status(store(), code).step == 2
