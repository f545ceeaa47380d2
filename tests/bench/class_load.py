"""A class at their sliders: how long until the first figure and until the settled one, and what it costs the server."""

import asyncio
import contextlib
import itertools
import os
import random
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from core.store import new_key
from tests.bench.raw_session import RawSession, Told, raw_session
from tests.browser.conftest import running_app

MODELS = ("fashion-lenet5", "fashion-mlp", "fashion-resnet")

OWN_WAYS = tuple(
    {"judge": judge, "scope": scope}
    for judge, scope in itertools.product(
        ("magnitude", "activation", "first-order"), ("global", "layer", "lamp", "erk")
    )
)
"""Ways to prune of which each visitor of a network has another one, where that is asked for."""

SLIDER, EARLY = "Pruning threshold", 'class="about"'
"""The slider's name; what stands beside figures that are not settled."""

ARRIVING, SETTLING = 10.0, 5.0
"""Seconds over which visitors come; and after which the first ones have all that does not depend on how many come."""

PATIENCE = 120.0
"""Seconds after which a figure counts as not come."""


@dataclass
class Seen:
    """Collect what one visitor waited for, in seconds: the first figures of steps, and settled ones.

    left: places that were left before their figure was settled; steps: all of them.
    """

    first: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)
    left: int = 0
    steps: int = 0


def percentiles(values: list[float]) -> str:
    """Write the median, the 95th and the 99th percentile."""
    if len(values) < 2:
        return "none"
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return ", ".join(f"{cuts[place - 1]:.2f}" for place in (50, 95, 99))


def figure_of(told: list[Told]) -> tuple[float | None, float | None]:
    """Find when the first figure of the latest run was drawn, and when the settled one was, if they were."""
    begun = max((place for place, each in enumerate(told) if each[1] == "run"), default=None)
    first = settled = None
    early = False
    for when, kind, said in told[begun:] if begun is not None else []:
        if kind in ("html", "empty"):
            early = kind == "html" and EARLY in said
        elif kind == "metric" and said.startswith("Accuracy"):
            first = first or when
            settled = settled or (None if early else when)
    return first, settled


async def take_step(session: RawSession, place: float, until: float, seen: Seen) -> None:
    """Move the slider and wait for figures, until it is time for the next step."""
    session.told.clear()
    session.slide(SLIDER, place)
    begun = time.monotonic()
    await session.run()
    seen.steps += 1
    first = settled = None
    while settled is None and time.monotonic() < until:
        with contextlib.suppress(TimeoutError):
            await session.until(lambda told: False, patience=min(0.05, max(0.01, until - time.monotonic())))
        first, settled = figure_of(session.told)
    if first is not None:
        seen.first.append(first - begun)
    if settled is not None:
        seen.settled.append(settled - begun)
    else:
        seen.left += 1


async def visit(session: RawSession, number: int, every: float, until: float, seen: Seen) -> None:
    """Move the slider to another place every few seconds; stay at the last one until it is settled."""
    drawn = random.Random(number)
    await asyncio.sleep(drawn.uniform(0, every))
    while time.monotonic() < until:
        due = time.monotonic() + every
        last = due >= until
        place = drawn.randrange(200) / 2
        await take_step(session, place, time.monotonic() + PATIENCE if last else due, seen)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


def address_of(number: int, plans: str) -> str:
    """Write what a visitor's link asks for. Raises ValueError for a kind of plans that there is not."""
    if plans not in ("usual", "own"):
        raise ValueError(f"Plans are 'usual' or 'own', not {plans!r}.")
    own = OWN_WAYS[number // len(MODELS) % len(OWN_WAYS)] if plans == "own" else {}
    return urllib.parse.urlencode({"model": MODELS[number % len(MODELS)], **own})


@contextlib.asynccontextmanager
async def arrived(address: str, visitors: int, plans: str) -> AsyncIterator[list[RawSession]]:
    """Let visitors come one after the other, and wait until all have their first figure."""
    async with contextlib.AsyncExitStack() as stack:
        sessions = []
        for number in range(visitors):
            session = raw_session(address, "", new_key(), address_of(number, plans))
            sessions.append(await stack.enter_async_context(session))
            await asyncio.sleep(ARRIVING / visitors)
        for each in sessions:
            await each.until(lambda told, each=each: SLIDER in each.widgets and told[1] == "metric", patience=PATIENCE)
        yield sessions


async def fine_tunes(stack: contextlib.AsyncExitStack, address: str, number: int) -> None:
    """Let some others start fine-tunes that outlast the class."""
    for _ in range(number):
        query = "model=fashion-resnet&recipe=careful"
        tuner = await stack.enter_async_context(raw_session(address, "fine_tune", new_key(), query))
        await tuner.until(lambda told, tuner=tuner: "Fine-tune" in tuner.widgets, patience=PATIENCE)
        await tuner.press("Fine-tune")
        await tuner.until(lambda told, tuner=tuner: "Stop" in tuner.widgets, patience=PATIENCE)


async def lesson(
    address: str, server: psutil.Process, visitors: int, seconds: float, every: float, plans: str, tunes: int
) -> dict[str, Any]:
    """Let a class slide for a while and say how it was for them."""
    everything = [Seen() for _ in range(visitors)]
    async with contextlib.AsyncExitStack() as stack:
        await fine_tunes(stack, address, tunes)
        async with arrived(address, len(MODELS), plans):
            await asyncio.sleep(SETTLING)
            before = megabytes(server)
        sessions = await stack.enter_async_context(arrived(address, visitors, plans))
        received, worked, begun = sum(each.received for each in sessions), processor_seconds(server), time.monotonic()
        until = begun + seconds
        visits = (
            visit(each, number, every, until, seen)
            for number, (each, seen) in enumerate(zip(sessions, everything, strict=True))
        )
        await asyncio.gather(*visits)
        took, memory = time.monotonic() - begun, megabytes(server)
        steps = sum(each.steps for each in everything)
        sent = sum(each.received for each in sessions) - received
        errors = sum(len(each.errors) for each in sessions)
    first, settled = ([x for each in everything for x in getattr(each, name)] for name in ("first", "settled"))
    return {
        "visitors": visitors,
        "plans": plans,
        "fine-tunes": tunes,
        "first figure s, p50, p95, p99": percentiles(first),
        "settled s, p50, p95, p99": percentiles(settled),
        "steps": steps,
        "without a first figure": steps - len(first),
        "left before settled": sum(each.left for each in everything),
        "errors": errors,
        "kB a step": round(sent / 1e3 / max(1, steps), 1),
        "cores busy": round((processor_seconds(server) - worked) / took, 2),
        "MB a visitor": round((memory - before) / visitors, 1),
    }


def megabytes(server: psutil.Process) -> float:
    """Return the memory of a server without its workers, in MB."""
    return float(server.memory_full_info().uss / 1e6)


def processor_seconds(server: psutil.Process) -> float:
    """Return the processor time of a server and all its workers."""
    total = 0.0
    for each in [server, *server.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            total += sum(each.cpu_times()[:2])
    return total


def server_of(address: str) -> psutil.Process:
    """Find the process that listens at an address of this machine."""
    port = urllib.parse.urlsplit(address).port
    for each in psutil.Process().children(recursive=True):
        if any(it.laddr.port == port and it.status == psutil.CONN_LISTEN for it in each.net_connections("tcp")):
            return each
    raise LookupError(address)


def run(
    visitors: int = 30, seconds: float = 60.0, every: float = 2.0, plans: str = "", tunes: int = 0, growth: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield a line for each kind of class, each on a server of its own, with curves as people have them.

    visitors: how many; seconds: how long they slide, to a new place every so many seconds.
    plans: "usual" for the plan that the page opens with, "own" for another scope and criterion for each visitor, "" for
    both; tunes: how many fine-tunes run meanwhile; growth: also 1, 3, 10, 30 and 100 visitors.
    """
    counts = (1, 3, 10, 30, 100) if growth else (visitors,)
    for kind in [plans] if plans else ["usual", "own"]:
        for count in counts:
            with tempfile.TemporaryDirectory(prefix="class-") as folder:
                os.environ["PLAYGROUND_DATA"] = str(Path(folder))
                with running_app(PLAYGROUND_DATA=folder, WHOLE_CURVES="1") as address:
                    yield asyncio.run(lesson(address, server_of(address), count, seconds, every, kind, tunes))
