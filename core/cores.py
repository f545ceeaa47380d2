"""How many of this machine's cores the computing of one thread uses."""

import os

import torch


def share_cores(waiting: int) -> None:
    """Let torch use all cores for the only one who waits, and one core as soon as there are several.

    Threads of torch wait for each other at each operation; where pages keep the other cores busy, one of them is always
    late, and two take longer than one. It holds for the thread that calls this.
    waiting: how many answers somebody waits for.
    """
    wanted = 1 if waiting > 1 else os.cpu_count() or 1
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)
