"""Torch uses all cores for one who waits, and one for each of several."""

import os
import threading

import torch

from core.cores import share_cores


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
