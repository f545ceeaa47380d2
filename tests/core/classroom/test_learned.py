"""What a class learned, and the tables that its teacher takes home."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.classroom import (
    Guess,
    Member,
    QuizAnswers,
    guesses_as_csv,
    mean_gain,
    mean_right,
    quizzes_as_csv,
    scores_as_csv,
)
from core.classroom.exports import as_cell
from core.classroom.submissions import Submission
from core.lessons import BrokenLesson, read_lesson, read_quiz

QUESTIONS = read_quiz("en")
RIGHT = tuple(each.right for each in QUESTIONS)


def answers(right: int) -> tuple[int, ...]:
    """Answers of which so many are right."""
    return tuple(place if number < right else (place + 1) % 4 for number, place in enumerate(RIGHT))


def quizzes(*pairs: tuple[int, int]) -> list[QuizAnswers]:
    return [
        QuizAnswers(member, moment, answers(right))
        for member, pair in enumerate(pairs)
        for moment, right in zip(("before", "after"), pair, strict=True)
    ]


def test_the_quiz_has_eight_questions_in_both_languages_with_the_same_right_answers():
    for language in ("en", "zh"):
        found = read_quiz(language)
        assert len(found) == 8
        assert [each.right for each in found] == list(RIGHT)
        assert [len(each.answers) for each in found] == [4] * 8
        assert all(len(set(each.answers)) == 4 and each.why for each in found)
    assert max(RIGHT.count(place) for place in range(4)) <= 3  # the same place each time would pay
    assert read_quiz("xx") == QUESTIONS


def test_a_quiz_with_a_mistake_names_file_and_line(tmp_path):
    (tmp_path / "en.md").write_text("title: T\n\n== explain\n\nText.\n")
    with pytest.raises(BrokenLesson, match=r"en\.md, line 3"):
        read_quiz("en", tmp_path)


def test_the_gain_is_that_of_the_pairs_and_its_range_that_of_a_paired_t_test():
    rng = np.random.default_rng(3)
    before = rng.integers(1, 5, 30)
    after = np.minimum(before + rng.integers(0, 5, 30), 8)
    found = mean_gain(QUESTIONS, quizzes(*zip(before.tolist(), after.tolist(), strict=True)))
    expected = stats.ttest_rel(after, before).confidence_interval()
    assert found.value == pytest.approx((after - before).mean())
    assert (found.before, found.after, found.learners, found.of) == (before.mean(), after.mean(), 30, 8)
    assert found.low == pytest.approx(expected.low, abs=0.15)
    assert found.high == pytest.approx(expected.high, abs=0.15)


def test_only_those_who_answered_both_count_for_the_gain():
    found = [*quizzes((2, 6), (3, 5)), QuizAnswers(9, "before", answers(8)), QuizAnswers(10, "after", answers(0))]
    gain = mean_gain(QUESTIONS, found)
    assert (gain.value, gain.learners) == (3.0, 2)
    assert mean_right(QUESTIONS, found, "before").learners == 3
    assert mean_gain(QUESTIONS, found[:1]) is None
    assert mean_right(QUESTIONS, [], "after") is None


def test_all_with_the_same_gain_have_a_range_all_the_same():
    gain = mean_gain(QUESTIONS, quizzes(*[(2, 6)] * 10))
    assert gain.low < gain.value == 4.0 < gain.high


def rows(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_the_table_of_the_quiz_names_nobody_and_has_an_order_that_tells_nothing():
    pairs = [(6, 7), (2, 8), (4, 4)]
    one, other = quizzes(*pairs), quizzes(*reversed(pairs))
    assert quizzes_as_csv(one, QUESTIONS) == quizzes_as_csv(other, QUESTIONS)
    head, *lines = rows(quizzes_as_csv(one, QUESTIONS))
    assert head[0] == "before 1" and head[-2:] == ["right before", "right after"]
    assert sorted((int(line[-2]), int(line[-1])) for line in lines) == sorted(pairs)
    assert len(head) == 18


@given(st.text(max_size=40))
def test_no_cell_is_a_formula(typed):
    cell = as_cell(typed)
    assert cell.removeprefix("'") == typed.removeprefix("'")
    if cell[:1] in "=@\t\r" or (cell[:1] in "+-" and len(cell) > 1 and not cell[1].isdigit()):
        assert cell == ""


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "＝1+1"])  # noqa: RUF001
def test_a_nickname_that_spreadsheets_would_compute_is_text_in_every_table(name):
    learners = [Member(1, "learner", name, True)]
    guesses = guesses_as_csv(
        [Guess(1, "01-what-can-go", "half", 70.0)], learners, {"01-what-can-go": read_lesson("01-what-can-go")}
    )
    scores = scores_as_csv([Submission(1, 1, "ninety", {"model": "fashion-lenet5"}, None, 0.0)], learners)
    for table in (guesses, scores):
        assert rows(table)[1][0] == f"'{name}"


def test_numbers_stay_numbers_and_commas_and_lines_stay_in_their_cell():
    assert [as_cell(each) for each in ("-5", "+3.5", "1e-6", "-1.5e+3")] == ["-5", "+3.5", "1e-6", "-1.5e+3"]
    learners = [Member(1, "learner", 'a,"b', True)]
    lesson = read_lesson("01-what-can-go")
    head, line = rows(guesses_as_csv([Guess(1, lesson.name, "half", -5.0)], learners, {lesson.name: lesson}))
    told = dict(zip(head, line, strict=True))
    assert (told["nickname"], told["guess"], told["unit"], told["lesson"]) == ('a,"b', "-5", "%", lesson.title)
    assert told["question"].startswith("The smaller half")


def test_options_stand_in_words():
    lesson = read_lesson("02-where-is-the-cut")
    step = lesson.predictions[0]
    guesses = [Guess(1, lesson.name, step.id, 1.0), Guess(1, lesson.name, step.id, 7.0), Guess(1, "gone", "step", 3.0)]
    _, one, other, third = rows(guesses_as_csv(guesses, [], {lesson.name: lesson}))
    assert (one[4], other[4], third[4]) == (step.options[1], "", "3")
