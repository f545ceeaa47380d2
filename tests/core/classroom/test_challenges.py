"""Challenges: what keeps to the rules, who shares a rank, and how often somebody may submit."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.classroom import (
    CHALLENGES,
    MOST_SUBMISSIONS,
    Score,
    join_class,
    list_submissions,
    note_submission,
    open_class,
    qualifies,
    rank,
    remove_learner,
    save_score,
    withdraw_submission,
)
from core.errors import BadInput
from core.jobs.work import WORK
from core.pruning import PruningPlan, prune
from core.quality import share
from core.stages import Subject
from core.store import new_key, open_store
from core.tasks import load

PICTURES = 10_000


def score(right: float, sparsity: float = 0.9, size: int = 1000, seed: int = 0, time: float = 0.0, spread: float = 0.0):
    """A score whose network names a share of the pictures rightly, by chance of a seed; the whole one 91 %."""
    drawn = np.random.default_rng(seed).random(PICTURES)
    whole = np.random.default_rng(99).random(PICTURES) < 0.91
    return Score(
        share(drawn < right, split="test"),
        share(whole, split="test"),
        sparsity,
        size,
        time,
        time - spread,
        time + spread,
    )


@pytest.fixture
def store(tmp_path):
    opened = open_store(folder=tmp_path)
    yield opened
    opened.engine.dispose()


@pytest.fixture
def learner(store):
    code = open_class(store, new_key())
    return code, join_class(store, code, "Ada", new_key())


@pytest.mark.parametrize(
    ("challenge", "given", "kept"),
    [
        ("ninety", score(0.93), True),
        ("ninety", score(0.93, sparsity=0.899), False),
        ("ninety", score(0.85), False),
        ("smallest", score(0.93), True),
        ("smallest", score(0.88), False),
        ("fastest", score(0.95, time=0.5), True),
        ("fastest", score(0.90, time=0.5), False),
    ],
)
def test_a_score_keeps_to_the_rules_or_not(challenge, given, kept):
    assert qualifies(CHALLENGES[challenge], given) is kept
    (standing,) = rank(CHALLENGES[challenge], [(1, given)])
    assert bool(standing.rank) is kept


def test_who_cannot_be_told_apart_shares_a_rank_and_a_clear_difference_does_not():
    scores = [
        (1, score(0.9501, seed=1)),
        (2, score(0.9500, seed=2)),
        (3, score(0.9300, seed=3)),
        (4, score(0.5, seed=4)),
    ]
    found = rank(CHALLENGES["ninety"], scores)
    assert {each.member: each.rank for each in found} == {1: 1, 2: 1, 3: 3, 4: 0}


def test_the_pair_tells_more_than_two_ranges():
    """Where both are wrong on the same pictures, a small difference is a clear one though the ranges overlap."""
    right = np.random.default_rng(0).random(PICTURES) < 0.95
    fewer = right.copy()
    fewer[np.flatnonzero(right)[:60]] = False
    one, other = share(right, split="test"), share(fewer, split="test")
    assert other.high > one.low
    scores = [(number, Score(each, one, 0.9, 1)) for number, each in ((1, one), (2, other))]
    assert [each.rank for each in rank(CHALLENGES["ninety"], scores)] == [1, 2]


def test_bytes_are_exact_and_times_share_a_rank_where_their_ranges_meet():
    sizes = rank(
        CHALLENGES["smallest"], [(1, score(0.93, size=100)), (2, score(0.95, size=99)), (3, score(0.92, size=100))]
    )
    assert [(each.member, each.rank) for each in sizes] == [(2, 1), (1, 2), (3, 2)]
    times = [
        (1, score(0.95, time=0.50, spread=0.05)),
        (2, score(0.96, time=0.58, spread=0.05)),
        (3, score(0.96, time=0.9, spread=0.05)),
    ]
    assert [(each.member, each.rank) for each in rank(CHALLENGES["fastest"], times)] == [(1, 1), (2, 1), (3, 3)]


def test_the_best_of_each_learner_counts_and_one_that_keeps_to_the_rules_before_one_that_does_not():
    scores = [(1, score(0.96, sparsity=0.5)), (1, score(0.93)), (1, score(0.92)), (2, score(0.94))]
    found = rank(CHALLENGES["ninety"], scores)
    assert {each.member: each.tries for each in found} == {1: 3, 2: 1}
    mine = next(each for each in found if each.member == 1)
    assert mine.score is scores[1][1]


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(100, 110)), max_size=20))
def test_ranks_never_get_better_down_the_board(tried):
    found = rank(CHALLENGES["smallest"], [(member, score(0.95, size=size)) for member, size in tried])
    ranks = [each.rank for each in found]
    assert ranks == sorted(ranks)
    assert len({each.member for each in found}) == len(found)


def test_a_score_comes_back_from_the_store_as_it_was(store, learner):
    code, ada = learner
    number = note_submission(
        store, code, ada, "ninety", "fashion-lenet5", {"model": "fashion-lenet5", "stage": "dense"}
    )
    (waiting,) = list_submissions(store, code, "ninety")
    assert waiting.waiting and waiting.score is None
    given = score(0.93)
    save_score(store, code, ada, number, given)
    (found,) = list_submissions(store, code)
    assert found.score == given
    assert np.array_equal(found.score.quality.outcomes.values, given.quality.outcomes.values)
    assert found.about == {"model": "fashion-lenet5", "stage": "dense"}
    assert not found.waiting


def test_ten_submissions_each_and_not_one_more_even_at_once(store, learner):
    code, ada = learner
    refused = []

    def submit(number: int) -> None:
        try:
            note_submission(store, code, ada, "ninety", "fashion-lenet5", {"threshold": str(number)})
        except BadInput as error:
            refused.append(error.what)

    threads = [threading.Thread(target=submit, args=(number,)) for number in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list_submissions(store, code)) == MOST_SUBMISSIONS
    assert len(refused) == 15
    assert "used all of your 10" in refused[0]
    eve = join_class(store, code, "Eve", new_key())
    note_submission(store, code, eve, "ninety", "fashion-lenet5", {})
    note_submission(store, code, ada, "smallest", "fashion-mlp", {})


def test_the_same_network_is_scored_once_and_others_than_asked_for_not_at_all(store, learner):
    code, ada = learner
    note_submission(store, code, ada, "ninety", "fashion-lenet5", {"a": "1", "b": "2"})
    with pytest.raises(BadInput, match="exactly this network"):
        note_submission(store, code, ada, "ninety", "fashion-lenet5", {"b": "2", "a": "1"})
    with pytest.raises(BadInput, match="fashion-lenet5"):
        note_submission(store, code, ada, "ninety", "reuters-cnn", {})
    with pytest.raises(BadInput, match="no such challenge"):
        note_submission(store, code, ada, "dance", "fashion-lenet5", {})


def test_one_that_could_not_be_scored_does_not_count(store, learner, monkeypatch):
    code, ada = learner
    for number in range(MOST_SUBMISSIONS):
        last = note_submission(store, code, ada, "ninety", "fashion-lenet5", {"number": str(number)})
    withdraw_submission(store, code, ada, last)
    again = note_submission(store, code, ada, "ninety", "fashion-lenet5", {"number": "9"})
    save_score(store, code, ada, again, score(0.9))
    withdraw_submission(store, code, ada, again)  # it has its score
    assert len(list_submissions(store, code)) == MOST_SUBMISSIONS
    later = list_submissions(store, code)[0].created + 1000
    monkeypatch.setattr("core.classroom.submissions.time.time", lambda: later)  # the server has ended meanwhile
    assert not any(each.waiting for each in list_submissions(store, code))
    note_submission(store, code, ada, "ninety", "fashion-lenet5", {"number": "new"})
    assert len(list_submissions(store, code)) == 2


def test_what_is_scored_after_its_learner_was_removed_is_written_to_nobody_else(store, learner):
    code, ada = learner
    hers = note_submission(store, code, ada, "ninety", "fashion-lenet5", {"threshold": "90"})
    remove_learner(store, code, ada.id)
    eve = join_class(store, code, "Eve", new_key())
    note_submission(store, code, eve, "ninety", "fashion-lenet5", {"threshold": "95"})  # perhaps by the same number
    save_score(store, code, ada, hers, score(0.9))
    withdraw_submission(store, code, ada, hers)
    (found,) = list_submissions(store, code)
    assert (found.member, found.score) == (eve.id, None)


def test_a_submission_is_scored_on_all_test_pictures_as_they_are_judged_elsewhere():
    plan = PruningPlan(sparsity=0.9)
    (found,) = WORK["challenge"](load, Subject("fashion-mlp", plan), "smallest")
    task = load("fashion-mlp")
    pruned = prune(task, plan)
    assert found.quality == task.evaluate(pruned.model, "test")
    assert found.dense == task.evaluate(task.model, "test")
    assert (found.quality.n, found.quality.split, found.time) == (10_000, "test", 0.0)
    assert found.sparsity == pytest.approx(0.9, abs=1e-3)


def test_a_time_is_a_share_of_the_whole_networks_with_its_range():
    plan = PruningPlan(sparsity=0.9, granularity="neuron")
    (found,) = WORK["challenge"](load, Subject("fashion-mlp", plan), "fastest")
    assert 0 < found.time_low <= found.time <= found.time_high
