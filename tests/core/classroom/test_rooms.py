"""Classes in the store, on SQLite and on PostgreSQL: who may what, what is kept, and what goes."""

import re
import threading

import alembic.command
import alembic.config
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from core.classroom import (
    ClassOver,
    RemovedFromClass,
    admit_teacher,
    delete_class,
    drive_class,
    find_member,
    join_class,
    leave_class,
    list_guesses,
    list_learners,
    list_quizzes,
    list_submissions,
    note_submission,
    open_class,
    read_code,
    read_status,
    remove_learner,
    save_guess,
    save_quiz,
    teacher_key,
)
from core.classroom.codes import ALPHABET, new_code
from core.errors import BadInput
from core.store import add_node, find_experiment, new_key, open_store
from core.store.database import FILE, MIGRATIONS
from core.store.tables import METADATA
from tests.core.store.test_store import TUNED, older_store

TABLES = ("classrooms", "members", "guesses", "submissions", "quiz_answers")


def opened(store):
    """Open a class; return its code and the teacher's visit."""
    visit = new_key()
    return open_class(store, visit), visit


def test_codes_have_no_letters_that_look_alike_and_differ():
    assert not set(ALPHABET) & set("0O1IL")
    codes = {new_code() for _ in range(1000)}
    assert len(codes) > 990
    assert all(re.fullmatch(f"[{ALPHABET}]{{6}}", code) for code in codes)
    assert len({letter for code in codes for letter in code}) == len(ALPHABET)


@pytest.mark.parametrize("typed", ["K7M2QX", " k7m-2qx ", "k7m 2qx", "Ｋ７Ｍ２ＱＸ"])  # noqa: RUF001
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_code(typed) == "K7M2QX"


@pytest.mark.parametrize(
    "typed", ["", "  ", "K7M2Q", "K7M2QXY", "K7M2Q0", "'; --", "x" * 10_000, "\x00\x00", "六个字母数字"]
)
def test_what_is_no_code_is_a_sentence(typed):
    with pytest.raises(BadInput):
        read_code(typed)


def test_only_the_key_of_the_link_drives_and_it_is_kept_nowhere(store):
    code, visit = opened(store)
    key, other = teacher_key(visit, code), new_key()
    assert find_member(store, code, visit).role == "teacher"
    assert find_member(store, code, other) is None
    assert not admit_teacher(store, code, "guess", other)
    assert not admit_teacher(store, code, teacher_key(other, code), other)
    assert find_member(store, code, other) is None
    assert admit_teacher(store, code, key, other)
    assert find_member(store, code, other).role == "teacher"
    assert find_member(store, code, visit).role == "teacher"
    with store.engine.connect() as connection:
        everything = repr([connection.execute(text(f"SELECT * FROM {name}")).all() for name in TABLES])
    assert key not in everything
    assert visit not in everything


def test_the_key_of_one_class_opens_no_other(store):
    (one, visit), (two, _) = opened(store), opened(store)
    assert not admit_teacher(store, two, teacher_key(visit, one), new_key())
    assert not admit_teacher(store, "ZZZZZZ", teacher_key(visit, one), new_key())


def test_a_learner_who_comes_again_is_the_same_one(store):
    code, _ = opened(store)
    visit = new_key()
    first = join_class(store, code, "Ada", visit)
    save_guess(store, code, first, "lesson", "step", 42.0)
    assert join_class(store, code, "Ada", visit) == first
    leave_class(store, code, visit)
    assert find_member(store, code, visit) is None
    assert [(each.name, each.here) for each in list_learners(store, code)] == [("Ada", False)]
    again = join_class(store, code, "Ada L.", visit)
    assert (again.id, again.name, again.here) == (first.id, "Ada L.", True)
    assert [each.value for each in list_guesses(store, code)] == [42.0]


def test_two_with_one_nickname_are_told_apart_and_others_are_text(store):
    code, _ = opened(store)
    for name in ("Ada", "ada", "Ada", "'; DROP TABLE members; --", "<script>alert(1)</script>", "مريم 🦊"):
        join_class(store, code, name, new_key())
    names = [each.name for each in list_learners(store, code)]
    assert names[:3] == ["Ada", "ada (2)", "Ada (3)"]
    assert names[3:] == ["'; DROP TABLE members; --", "<script>alert(1)</script>", "مريم 🦊"]


def test_a_teacher_who_types_a_nickname_stays_the_teacher(store):
    code, visit = opened(store)
    assert join_class(store, code, "Ada", visit).role == "teacher"
    assert list_learners(store, code) == []


def test_everything_that_changes_a_class_gives_it_a_new_version_and_nothing_else_does(store):
    code, visit = opened(store)
    learner = join_class(store, code, "Ada", new_key())
    other, _ = opened(store)
    versions = [read_status(store, code).version]
    for change in (
        lambda: drive_class(store, code, subject="01", step=2),
        lambda: save_guess(store, code, learner, "01", "half", 1.0),
        lambda: save_quiz(store, code, learner, "before", [0] * 8),
        lambda: note_submission(store, code, learner, "ninety", "fashion-lenet5", {"model": "fashion-lenet5"}),
        lambda: leave_class(store, code, visit),
    ):
        change()
        versions.append(read_status(store, code).version)
    assert versions == sorted(set(versions))
    drive_class(store, other, step=1)
    list_guesses(store, code)
    leave_class(store, code, new_key())  # who was never in it
    assert read_status(store, code).version == versions[-1]


def test_a_class_is_where_it_was_driven_last(store):
    code, _ = opened(store)
    assert read_status(store, code).place == ("lesson", "", 0, False, "wait")
    drive_class(store, code, subject="01-what-can-go", step=1, phase="guess")
    drive_class(store, code, free=True)
    assert read_status(store, code).place == ("lesson", "01-what-can-go", 1, True, "guess")
    for wrong in ({"activity": "dance"}, {"phase": "later"}, {"step": -1}, {"teacher": "mine"}):
        with pytest.raises(ValueError):
            drive_class(store, code, **wrong)
    assert read_status(store, code).place == ("lesson", "01-what-can-go", 1, True, "guess")


def test_the_first_guess_stays(store):
    code, _ = opened(store)
    learner = join_class(store, code, "Ada", new_key())
    assert save_guess(store, code, learner, "01", "half", 30.0)
    assert not save_guess(store, code, learner, "01", "half", 90.0)
    assert save_guess(store, code, learner, "01", "ninety", 90.0)
    assert [each.value for each in list_guesses(store, code, "01", "half")] == [30.0]
    assert list_guesses(store, code, "02") == []


def test_thirty_who_guess_at_once_lose_nothing(store):
    code, _ = opened(store)
    learners = [join_class(store, code, "Ada", new_key()) for _ in range(30)]
    before, problems = read_status(store, code).version, []
    ready = threading.Barrier(30)

    def guess(number: int) -> None:
        ready.wait()
        try:
            for step in range(3):
                save_guess(store, code, learners[number], "01", f"step {step}", float(number))
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    for step in range(3):
        found = list_guesses(store, code, "01", f"step {step}")
        assert {(each.member, each.value) for each in found} == {
            (learner.id, float(n)) for n, learner in enumerate(learners)
        }
    assert read_status(store, code).version == before + 90


def test_thirty_who_join_at_once_with_one_nickname_are_thirty(store):
    code, _ = opened(store)
    threads = [threading.Thread(target=join_class, args=(store, code, "Ada", new_key())) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {each.name for each in list_learners(store, code)}
    assert names == {"Ada", *(f"Ada ({number})" for number in range(2, 31))}


def test_a_deleted_class_leaves_nothing_and_says_so_to_those_in_it(store):
    code, _ = opened(store)
    stays, _ = opened(store)
    join_class(store, stays, "Eve", new_key())
    learner_visit = new_key()
    learner = join_class(store, code, "Ada", learner_visit)
    save_guess(store, code, learner, "01", "half", 1.0)
    save_quiz(store, code, learner, "before", [1] * 8)
    note_submission(store, code, learner, "ninety", "fashion-lenet5", {"model": "fashion-lenet5"})
    delete_class(store, code)
    assert read_status(store, code) is None
    assert find_member(store, code, learner_visit) is None
    for act in (
        lambda: save_guess(store, code, learner, "01", "half", 1.0),
        lambda: save_quiz(store, code, learner, "after", [1] * 8),
        lambda: join_class(store, code, "Ada", learner_visit),
        lambda: drive_class(store, code, step=1),
        lambda: note_submission(store, code, learner, "ninety", "fashion-lenet5", {"model": "x"}),
    ):
        with pytest.raises(ClassOver, match="its teacher has deleted it"):
            act()
    leave_class(store, code, learner_visit)
    assert (list_guesses(store, code), list_quizzes(store, code), list_submissions(store, code)) == ([], [], [])
    assert [each.name for each in list_learners(store, stays)] == ["Eve"]
    with store.engine.connect() as connection:
        counted = [
            connection.execute(text(f"SELECT count(*) FROM {t} WHERE {c} = '{code}'")).scalar()
            for t, c in (("classrooms", "code"), *((each, "classroom") for each in TABLES[1:]))
        ]
    assert counted == [0] * 5


def everything_of(store, code, member):
    found = (*list_guesses(store, code), *list_quizzes(store, code), *list_submissions(store, code))
    return [each for each in found if each.member == member.id]


def write_everything(store, code, member):
    save_guess(store, code, member, "01", "half", 1.0)
    save_quiz(store, code, member, "before", [1] * 8)
    note_submission(store, code, member, "ninety", "fashion-lenet5", {"model": "fashion-lenet5"})


def test_a_removed_learner_goes_with_everything_and_writes_no_more(store):
    code, teacher_visit = opened(store)
    stays = join_class(store, code, "Eve", new_key())
    visit = new_key()
    ada = join_class(store, code, "Ada", visit)
    for each in (stays, ada):
        write_everything(store, code, each)
    before = read_status(store, code).version
    assert remove_learner(store, code, ada.id)
    assert read_status(store, code).version > before  # so that all pages draw it
    assert find_member(store, code, visit) is None
    assert [each.name for each in list_learners(store, code)] == ["Eve"]
    assert everything_of(store, code, ada) == []
    assert len(everything_of(store, code, stays)) == 3
    for act in (
        lambda: save_guess(store, code, ada, "01", "ninety", 1.0),
        lambda: save_quiz(store, code, ada, "after", [1] * 8),
        lambda: note_submission(store, code, ada, "ninety", "fashion-lenet5", {"model": "x"}),
    ):
        with pytest.raises(RemovedFromClass, match="Your teacher has removed you"):
            act()
    leave_class(store, code, visit)
    assert everything_of(store, code, ada) == []
    assert not remove_learner(store, code, ada.id)  # a second teacher presses too
    teacher = find_member(store, code, teacher_visit)
    assert not remove_learner(store, code, teacher.id)
    assert find_member(store, code, teacher_visit) == teacher
    with store.engine.connect() as connection:
        kept = repr(connection.execute(text("SELECT * FROM members")).all())
    assert "Ada" not in kept


def test_the_nickname_of_a_removed_learner_is_free_and_the_browser_may_come_back_as_somebody_else(store):
    code, _ = opened(store)
    visit = new_key()
    ada = join_class(store, code, "Ada", visit)
    write_everything(store, code, ada)
    remove_learner(store, code, ada.id)
    other = join_class(store, code, "Ada", new_key())
    again = join_class(store, code, "Ada", visit)
    assert (other.name, again.name) == ("Ada", "Ada (2)")
    assert len({ada.id, other.id, again.id}) == 3  # an old page of hers is nobody's, whoever has joined since
    assert list_guesses(store, code) == []
    assert save_guess(store, code, again, "01", "half", 2.0)
    with pytest.raises(RemovedFromClass):
        save_guess(store, code, ada, "01", "half", 3.0)


def test_a_learner_of_another_class_is_not_removed(store):
    (one, _), (two, _) = opened(store), opened(store)
    visit = new_key()
    ada = join_class(store, one, "Ada", visit)
    assert not remove_learner(store, two, ada.id)
    assert find_member(store, one, visit) == ada
    with pytest.raises(ClassOver):
        remove_learner(store, "ZZZZZZ", ada.id)


def test_who_guesses_while_being_removed_leaves_nothing_behind(store):
    code, _ = opened(store)
    learners = [join_class(store, code, "Ada", new_key()) for _ in range(8)]
    ready, problems = threading.Barrier(16), []

    def guess(learner) -> None:
        ready.wait()
        try:
            for step in range(5):
                save_guess(store, code, learner, "01", f"step {step}", 1.0)
        except RemovedFromClass:
            return
        except Exception as error:
            problems.append(error)

    def remove(learner) -> None:
        ready.wait()
        remove_learner(store, code, learner.id)

    threads = [threading.Thread(target=act, args=(each,)) for each in learners for act in (guess, remove)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert (list_guesses(store, code), list_learners(store, code)) == ([], [])


def test_a_class_goes_after_thirty_days_when_another_one_is_opened(store, monkeypatch):
    code, _ = opened(store)
    join_class(store, code, "Ada", new_key())
    now = read_status(store, code).created
    monkeypatch.setattr("core.classroom.rooms.time.time", lambda: now + 29.9 * 24 * 3600)
    opened(store)
    assert read_status(store, code) is not None
    monkeypatch.setattr("core.classroom.rooms.time.time", lambda: now + 30.1 * 24 * 3600)
    assert read_status(store, code) is None  # before it is cleaned away, too
    assert [each.name for each in list_learners(store, code)] == ["Ada"]
    opened(store)
    assert list_learners(store, code) == []


def test_an_older_store_gets_the_tables_and_loses_nothing(tmp_path):
    older_store(tmp_path)
    with create_engine(f"sqlite:///{tmp_path / FILE}").connect() as connection:
        config = alembic.config.Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        alembic.command.upgrade(config, "0002")
        connection.commit()
    store = open_store(folder=tmp_path)
    assert store.note == ""
    assert find_experiment(store, TUNED.id) == TUNED
    add_node(store, new_key(), TUNED)
    code, _ = opened(store)
    assert join_class(store, code, "Ada", new_key()).name == "Ada"


def test_the_migrations_end_at_the_tables_that_the_code_has_on_postgresql_too(tmp_path, postgres):
    store = open_store(create_engine(postgres), tmp_path)
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
