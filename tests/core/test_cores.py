"""Torch uses all cores for one who waits, and one for each of several; a patient thread leaves them to others."""

import os
import sys
import threading

import pytest
import torch

from core.cores import LATER, let_others_first, share_cores


def test_the_only_one_has_all_cores_and_several_one_each_and_other_threads_keep_theirs():
    mine, theirs = torch.get_num_threads(), []

    def work():
        for waiting in (2, 1, 5, 0):
            share_cores(waiting)
            theirs.append(torch.get_num_threads())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    every = os.cpu_count() or 1
    assert theirs == [1, every, 1, every]
    assert torch.get_num_threads() == mine


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a thread has no priority of its own")
def test_a_patient_thread_alone_is_nicer():
    before, found = os.getpriority(os.PRIO_PROCESS, 0), []

    def work():
        let_others_first()
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [max(LATER, before)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
