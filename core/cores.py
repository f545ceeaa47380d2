"""How much of this machine's cores the computing of one thread uses."""

import contextlib
import os
import sys
import threading

import torch

LATER = 12
"""How nice a thread is to others that does what can wait, of 19; workers, which do long work, are nicer still."""


def share_cores(waiting: int) -> None:
    """Let torch use all cores for the only one who waits, and one core as soon as there are several.

    Threads of torch wait for each other at each operation; where pages keep the other cores busy, one of them is always
    late, and two take longer than one. It holds for the thread that calls this.
    waiting: how many answers somebody waits for.
    """
    wanted = 1 if waiting > 1 else os.cpu_count() or 1
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)


def let_others_first() -> None:
    """Have this thread use what others leave of the processor, as long as it lives, where the system can do that."""
    if sys.platform == "linux":  # elsewhere a whole process would be meant
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LATER)
