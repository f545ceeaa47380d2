"""Run a whole cluster on loopback until Ctrl-C: `python -m tests.cluster`."""

import contextlib
import signal
import tempfile
from pathlib import Path

from tests.cluster.recipe import PORTS, site


def main() -> None:
    """Start everything, say where it is, and end it all on Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="playground-site-") as folder, site(Path(folder), PORTS) as running:
        print(f"{running.address} (scheduler {running.scheduler}, logs in {folder}); Ctrl-C ends all of it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
