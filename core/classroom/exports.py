"""The tables that a teacher takes home, as CSV that no spreadsheet takes for formulas."""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence

from core.classroom.answers import QuizAnswers
from core.classroom.challenges import CHALLENGES, qualifies
from core.classroom.learned import count_right, quiz_pairs
from core.classroom.records import Guess, Member
from core.classroom.submissions import Submission
from core.lessons import Lesson, Review

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a cell begins that spreadsheets would compute; so do their wide forms."""

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?")


def as_cell(text: str) -> str:
    """Return a text as spreadsheets show it: one that would be a formula gets an apostrophe before it."""
    computed = unicodedata.normalize("NFKC", text).startswith(FORMULA) and not NUMBER.fullmatch(text)
    return f"'{text}" if computed else text


def guesses_as_csv(guesses: Sequence[Guess], learners: Sequence[Member], lessons: Mapping[str, Lesson]) -> str:
    """Write every guess of a class, one line each; lessons: by name, to say what was asked."""
    names = {each.id: each.name for each in learners}
    rows = []
    for guess in guesses:
        lesson = lessons.get(guess.lesson)
        asked = next((each for each in lesson.predictions if each.id == guess.step), None) if lesson else None
        said, unit = f"{guess.value:g}", asked.unit if asked else ""
        if asked and asked.options:
            place = int(guess.value)
            said = asked.options[place] if 0 <= place < len(asked.options) else ""
        row = (names.get(guess.member, ""), lesson.title if lesson else guess.lesson, guess.step)
        rows.append([*row, asked.ask if asked else "", said, unit])
    return _write(("nickname", "lesson", "step", "question", "guess", "unit"), rows)


def scores_as_csv(submitted: Sequence[Submission], learners: Sequence[Member]) -> str:
    """Write every submission of a class, one line each."""
    names = {each.id: each.name for each in learners}
    columns = ["nickname", "challenge", "submission", "keeps to the rules", "accuracy", "low", "high", "pictures"]
    columns += ["sparsity", "zipped bytes", "time of the whole network's", "time low", "time high", "what"]
    count: dict[tuple[int, str], int] = {}
    rows = []
    for each in submitted:
        key = (each.member, each.challenge)
        count[key] = count.get(key, 0) + 1
        row = [names.get(each.member, ""), each.challenge, str(count[key])]
        score, what = each.score, "&".join(f"{name}={value}" for name, value in each.about.items())
        if score is None:
            rows.append([*row, *[""] * 10, what])
            continue
        challenge, quality = CHALLENGES.get(each.challenge), score.quality
        kept = "yes" if challenge and qualifies(challenge, score) else "no"
        figures = (quality.value, quality.low, quality.high, quality.n, score.sparsity, score.size)
        times = (score.time, score.time_low, score.time_high) if score.time else ("", "", "")
        rows.append(
            [
                *row,
                kept,
                *(f"{figure:.6g}" if isinstance(figure, float) else str(figure) for figure in (*figures, *times)),
                what,
            ]
        )
    return _write(columns, rows)


def quizzes_as_csv(quizzes: Sequence[QuizAnswers], questions: Sequence[Review]) -> str:
    """Write the answers of those who took both quizzes, without names, in an order that tells nothing.

    Answers are numbered from 1, as they stand in the quiz.
    """
    numbers = range(1, len(questions) + 1)
    columns = [f"{moment} {number}" for moment in ("before", "after") for number in numbers]
    rows = [
        [
            *(str(1 + each) for each in (*before, *after)),
            str(count_right(questions, before)),
            str(count_right(questions, after)),
        ]
        for before, after in quiz_pairs(quizzes)
    ]
    return _write((*columns, "right before", "right after"), rows)


def _write(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([as_cell(cell) for cell in row] for row in rows)
    return "\ufeff" + written.getvalue()  # without it, spreadsheets show names in other scripts as gibberish
