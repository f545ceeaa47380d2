"""Lessons: their files are read or refused by line, and every language tells the same one."""

import re

import pytest

from core.build.catalogues import read_catalogue
from core.language import LOCALE
from core.lessons import BrokenLesson, Explain, Live, Predict, Review, list_lessons, read_lesson
from core.lessons.reading import FOLDER

HEAD = "title: T\nquestion: Q?\nminutes: 5\npaper: P\n"
LANGUAGES = sorted(path.name for path in FOLDER.iterdir())


def lesson(tmp_path, text):
    folder = tmp_path / "en"
    folder.mkdir(exist_ok=True)
    (folder / "one.md").write_text(HEAD + text, encoding="utf-8")
    return read_lesson("one", "en", tmp_path)


def test_a_lesson_is_read_step_by_step(tmp_path):
    found = lesson(
        tmp_path,
        "\n== predict\nid: a\nask: How much?\nslider: 0 to 50 points\ntruth: quality model=m threshold=9\n"
        "\n== live\npart: slide model=m\n"
        "\n== explain\nfigure left: dense model=m\n\nIt is {left}.\n\nAnd more.\n"
        "\n== review\nask: Why?\nanswer: no\nanswer*: yes\nwhy: so\n",
    )
    predict, live, explain, review = found.steps
    assert isinstance(predict, Predict)
    assert (predict.low, predict.high, predict.unit) == (0.0, 50.0, "points")
    assert (predict.truth[0].what, predict.truth[0].given) == ("quality", {"model": "m", "threshold": "9"})
    assert isinstance(live, Live)
    assert live.part.what == "slide"
    assert isinstance(explain, Explain)
    assert explain.text == "It is {left}.\n\nAnd more."
    assert isinstance(review, Review)
    assert (review.answers, review.right, review.why) == (("no", "yes"), 1, "so")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("\n== sing\n", r"line 6.*'sing'"),
        ("\n== live\n", r"line 6.*part"),
        ("\n== predict\nid: a\nask: b\nslider: wide\ntruth: quality\n", r"line 9.*slider"),
        ("\n== predict\nid: a\nask: b\noption: c\ntruth: quality\n", "fewer than two"),
        ("\n== explain\n\nIt is {left}.\n", "'left'"),
        ("\n== explain\n", "explains nothing"),
        ("\n== review\nask: b\nanswer: c\nanswer: d\nwhy: e\n", r"answer\*"),
        ("\n== live\nnot a pair\n", "line 7.*not a pair"),
        ("\n== live\npart: slide model\n", "NAME key=value"),
        (2 * "\n== predict\nid: a\nask: b\nslider: 0 to 1\ntruth: quality\n", "one id"),
    ],
)
def test_a_mistake_is_told_by_file_and_line(tmp_path, text, sentence):
    with pytest.raises(BrokenLesson, match=f"one.md.*{sentence}"):
        lesson(tmp_path, text)


def test_there_are_lessons_of_the_same_subjects_in_every_language():
    assert LANGUAGES == ["en", "zh"]
    names = list_lessons("en")
    assert 8 <= len(names) <= 12
    for name in names:
        told = [read_lesson(name, language) for language in LANGUAGES]
        assert len({each.title for each in told}) == len(told)
        for part in ("minutes", "paper"):
            assert len({getattr(each, part) for each in told}) == 1
        for steps in zip(*(each.steps for each in told), strict=True):
            assert len({type(step) for step in steps}) == 1
            first, *others = steps
            for other in others:
                if isinstance(first, Predict):
                    assert (first.id, first.truth, first.smallest) == (other.id, other.truth, other.smallest)
                elif isinstance(first, Live):
                    assert first == other
                elif isinstance(first, Explain):
                    assert first.figures == other.figures
                else:
                    assert (len(first.answers), first.right) == (len(other.answers), other.right)
        assert told[0].predictions
        assert 2 <= len(told[0].reviews) <= 3


def test_lessons_name_pages_and_switches_as_the_interface_shows_them():
    """What stands in quotation marks before the word for page, or as the name of a switch or of a heading."""
    shown = {str(each.string) for each in read_catalogue(LOCALE / "zh" / "messages.po")}
    lessons = "\n".join(each.read_text(encoding="utf-8") for each in sorted((FOLDER / "zh").glob("*.md")))
    quoted = set(re.findall("“([^”]+)”", lessons))
    assert len(quoted) >= 4
    assert not quoted - shown
