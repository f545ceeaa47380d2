"""All of a cluster on loopback: PostgreSQL, a scheduler with two workers, two servers of the app, nginx before them."""

import contextlib
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.cluster.postgresql import postgresql
from tests.cluster.processes import free_port, listens, running, scheduler, until, worker_command

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CONFIGURATION = Path(__file__).with_name("nginx.conf")
PORTS = ("8080", "8501", "8502")
"""Those that the configuration names: of nginx, and of the servers of the app."""


@dataclass(frozen=True)
class Site:
    """Hold what runs: the address for people, that of the scheduler, each app server by its address, nginx's log."""

    address: str
    scheduler: str
    servers: dict[str, subprocess.Popen]
    log: Path


@contextlib.contextmanager
def site(folder: Path, ports: tuple[str, ...] = ()) -> Iterator[Site]:
    """Run all of it; logs and data lie in a folder. ports: as PORTS has them, free ones if none are given."""
    ports = ports or tuple(str(free_port()) for _ in PORTS)
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "programs.log").open("wb"))
        database = stack.enter_context(postgresql())
        dask = stack.enter_context(scheduler(log=log))
        settings = {"PLAYGROUND_DATA": str(folder / "data"), "PLAYGROUND_SCHEDULER": dask}
        stack.enter_context(running(worker_command(dask, "--nworkers", "2"), log, gently=False, **settings))
        secrets = folder / "secrets.toml"
        secrets.write_text(f'[connections.sql]\nurl = "{database}"\n')
        servers = {}
        for port in ports[1:]:
            started = stack.enter_context(running(_app_server(port, secrets), log, gently=False, **settings))
            servers[f"127.0.0.1:{port}"] = started
        for address, server in servers.items():
            until(lambda address=address: _answers(f"http://{address}/_stcore/health"), server)
        stack.enter_context(_nginx(folder / "nginx", ports, log))
        yield Site(f"http://127.0.0.1:{ports[0]}", dask, servers, folder / "nginx" / "access.log")


def _app_server(port: str, secrets: Path) -> list[str]:
    """Return the line that serves the app with the database of a file of secrets."""
    options = {"server.port": port, "server.headless": "true", "secrets.files": str(secrets)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    return [*command, *(part for name, value in options.items() for part in (f"--{name}", value))]


@contextlib.contextmanager
def _nginx(folder: Path, ports: tuple[str, ...], log: IO) -> Iterator[subprocess.Popen]:
    """Run nginx with the configuration beside this file, on other ports."""
    assert NGINX is not None
    configuration = CONFIGURATION.read_text()
    for usual, port in zip(PORTS, ports, strict=True):
        configuration = configuration.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{port}")
    folder.mkdir()
    (folder / "nginx.conf").write_text(configuration)
    here = "daemon off;" + " user root;" * (os.getuid() == 0)  # who alone may enter a folder of root's tests
    command = [NGINX, "-p", str(folder), "-e", "error.log", "-c", "nginx.conf", "-g", here]
    with running(command, log) as process:
        until(lambda: listens(int(ports[0])), process)
        yield process


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:
        return answer.status == 200
    return False
