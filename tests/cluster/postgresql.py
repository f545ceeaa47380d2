"""A PostgreSQL server of our own on a free port of loopback, which is gone with whoever started it."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests.cluster.processes import free_port, running, until


def programs() -> Path | None:
    """Return where PostgreSQL's programs lie, the newest ones; None where it is not installed."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Run a server with an empty database; yield its address. Root has the user `postgres` run it, as it demands."""
    found, port, folder = programs(), free_port(), Path(tempfile.mkdtemp(prefix="postgres-"))
    assert found is not None
    as_user = []
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    made = [*as_user, str(found / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust"]
    subprocess.run(made, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    settings = (f"unix_socket_directories={folder}", "max_connections=100", "listen_addresses=127.0.0.1")
    options = [part for setting in settings for part in ("-c", setting)]
    command = [*as_user, str(found / "postgres"), "-D", str(data), "-p", str(port), *options]
    url = f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres"
    try:
        with running(command) as server:
            until(lambda: _answers(url), server)
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(url: str) -> bool:
    with contextlib.suppress(Exception):
        create_engine(url, poolclass=NullPool).connect().close()
        return True
    return False
