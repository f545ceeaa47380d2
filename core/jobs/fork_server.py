"""Make worker processes that share the memory of their imports: `python -m core.jobs.fork_server THREADS`.

It imports the neural network library and the work once, then forks one worker for each connection that comes in over
its standard input, in milliseconds; a worker's own memory is what it has changed since. It never computes anything
itself, so that no thread of torch or of its libraries runs when it forks. It ends when the other end hangs up.

Not `multiprocessing`'s fork server: that one imports the main module again in each worker, which under Streamlit is
the app, and who starts a process waits until the imports are over, so that a stop could not be answered meanwhile.
"""

import gc
import importlib
import os
import signal
import socket
import sys
import traceback

from core.jobs.worker import serve, stay_in_the_background


def main() -> None:
    """Fork workers until the other end hangs up."""
    stay_in_the_background()
    threads = int(sys.argv[1])
    control = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    sys.stdin.close()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # so that no worker holds the connection
    importlib.import_module("core.jobs.work")
    gc.collect()
    gc.freeze()  # or collecting garbage would write to, and so copy, the memory that is shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets workers that end
    while True:
        asked, connections, *_ = socket.recv_fds(control, 1, 1)
        if not asked:
            os._exit(0)
        for connection in connections:
            _fork(control, connection, threads)


def _fork(control: socket.socket, connection: int, threads: int) -> None:
    """Fork one worker, which talks over a connection; where there is no room for it, the connection ends."""
    try:
        pid = os.fork()
    except OSError:
        pid = None
    if pid == 0:
        try:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with socket.socket(fileno=connection) as own:
                serve(own.makefile("rb"), own.makefile("wb"), threads)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(connection)


if __name__ == "__main__":
    main()
