"""Work beside the page on what only this process holds: in order, once, stopped when nobody is there, never lost."""

import subprocess
import sys
import threading

import pytest

from core.errors import BadInput, PlaygroundError
from core.jobs.background import BackgroundThread
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def lane():
    return BackgroundThread()


def test_pieces_are_done_in_order_on_another_thread(lane):
    threads, order = set(), []

    def piece(number):
        threads.add(threading.get_ident())
        order.append(number)
        yield number

    pieces = [lane.submit(lambda number=number: piece(number)) for number in range(5)]
    assert [each.result() for each in pieces] == list(range(5)) == order
    assert len(threads) == 1 and threading.get_ident() not in threads


def test_an_error_people_can_act_on_is_raised_to_who_asked_and_the_next_piece_is_done(lane):
    def wrong():
        yield 1
        raise BadInput("This is wrong.", "Give another.")

    broken, after = lane.submit(wrong), lane.submit(lambda: iter([7]))
    with pytest.raises(BadInput, match="This is wrong"):
        broken.result()
    assert after.result() == 7


def test_an_error_nobody_foresaw_is_a_sentence(lane):
    with pytest.raises(PlaygroundError, match="nobody had foreseen"):
        lane.submit(lambda: iter([1 // 0])).result()


def test_what_nobody_wants_any_more_ends(lane):
    here, seen = threading.Event(), []

    def endless():
        while True:
            seen.append(1)
            yield len(seen)

    piece = lane.submit(endless, lambda: not here.is_set())
    while len(seen) < 3:
        pass
    here.set()
    assert piece.ended.wait(10) and piece.given_up  # what it has found so far is not all of it
    never = lane.submit(endless, lambda: False)
    assert never.ended.wait(10) and never.given_up
    with pytest.raises(PlaygroundError, match="stopped"):
        never.result()
    stopped = lane.submit(endless)
    stopped.stopping.set()
    assert stopped.ended.wait(10)


ENDS = """
import time
from core.jobs.background import BackgroundThread

def work():
    try:
        for number in range(1000):
            time.sleep(0.1)
            yield number
    finally:
        print("tidied up")

job = BackgroundThread().submit(work)
while not job.results:
    time.sleep(0.01)
"""


def test_at_the_end_of_the_program_a_job_comes_to_its_next_result_and_goes_no_further():
    ended = subprocess.run([sys.executable, "-c", ENDS], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "tidied up\n", "")
