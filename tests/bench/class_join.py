"""A class of thirty on one server: they join within ten seconds, guess within twenty, and see the truth at once."""

import asyncio
import contextlib
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from core.classroom import drive_class, list_guesses, list_learners, open_class, read_status
from core.lessons import Predict, read_lesson
from core.store import Store, begin_visit, new_key, open_store, save_state
from pages.shared.in_class import PLACE
from tests.bench.raw_session import RawSession, raw_session
from tests.browser.conftest import running_app

LEARNERS, JOINING, GUESSING = 30, 10.0, 20.0
"""How many, and the seconds over which they join and guess."""

LESSON = "01-what-can-go"


def percentile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[round(100 * share) - 1]


def row(what: str, seconds: list[float], expected: int) -> dict[str, Any]:
    return {
        "what": what,
        "median s": round(statistics.median(seconds), 2),
        "p95 s": round(percentile(seconds, 0.95), 2),
        "longest s": round(max(seconds), 2),
        "all arrived": len(seconds) == expected,
    }


async def join(session: RawSession, code: str, number: int) -> float:
    """Join after one's share of the time; return the seconds until the page says so."""
    await asyncio.sleep(number * JOINING / LEARNERS)
    session.fill("Nickname", f"learner {number}")
    session.fill("Code of the class", code)
    begun = await session.press("Join")
    return await session.until(lambda told: told[1] == "text" and f"in class {code}" in told[2], begun) - begun


async def guess(session: RawSession, number: int) -> float:
    """Guess after one's share of the time, a number of one's own; return when."""
    await asyncio.sleep(number * GUESSING / LEARNERS)
    session.slide("Your guess", float(number + 1))
    return await session.press("That is my guess")


def shows(number: int):
    """Tell whether something drawn is the chart with this learner's guess."""
    return lambda told: told[1] == "plotly_chart" and f'"{number + 1} %"' in told[2]


async def lesson(address: str, store: Store) -> list[dict[str, Any]]:
    """Walk thirty learners and a teacher through one guess."""
    teacher_visit = new_key()
    code = open_class(store, teacher_visit)
    begin_visit(store, teacher_visit)
    save_state(store, teacher_visit, {PLACE: code})
    steps = read_lesson(LESSON).steps
    place = next(number for number, step in enumerate(steps) if isinstance(step, Predict))
    drive_class(store, code, subject=LESSON, step=place)
    async with contextlib.AsyncExitStack() as stack:
        teacher = await stack.enter_async_context(raw_session(address, "classroom", teacher_visit))
        await teacher.until(lambda told: told[1] == "metric" and code in told[2])
        await teacher.until(lambda told: "Now predict" in teacher.widgets)
        learners = [
            await stack.enter_async_context(raw_session(address, "classroom", new_key())) for _ in range(LEARNERS)
        ]
        for each in learners:
            await each.until(lambda told, each=each: "Join" in each.widgets and "Nickname" in each.widgets)
        joined = await asyncio.gather(*(join(each, code, number) for number, each in enumerate(learners)))
        await teacher.until(lambda told: f"{LEARNERS} learners here" in told[2])
        rows = [row("a learner joins, until the page says so", list(joined), LEARNERS)]

        begun = await teacher.press("Now predict")
        asked = [
            await each.until(lambda told, each=each: "That is my guess" in each.widgets, begun) for each in learners
        ]
        rows.append(row("'now predict', until a learner can guess", [each - begun for each in asked], LEARNERS))

        sent = await asyncio.gather(*(guess(each, number) for number, each in enumerate(learners)))
        arrived = [await teacher.until(shows(number), begun) for number in range(LEARNERS)]
        took = [there - at for there, at in zip(arrived, sent, strict=True)]
        rows.append(row("a guess, until it is on the teacher's screen", took, LEARNERS))

        begun = await teacher.press("Show")
        seen = [
            await each.until(lambda told: told[1] == "metric" and "Measured just now" in told[2], begun)
            for each in (teacher, *learners)
        ]
        rows.append(row("'show', until the truth is on a screen", [each - begun for each in seen], LEARNERS + 1))
        kept = {(each.member, each.value) for each in list_guesses(store, code)}
        names = {each.name for each in list_learners(store, code)}
        version = read_status(store, code)
        rows.append(
            {
                "what": "in the store: learners, guesses, versions",
                "median s": f"{len(names)}, {len(kept)}, {version.version if version else 0}",
                "all arrived": len(names) == len(kept) == LEARNERS,
            }
        )
    return rows


def run() -> list[dict[str, Any]]:
    """Serve the app with a store of its own and walk a class through it."""
    with tempfile.TemporaryDirectory(prefix="class-") as folder:
        os.environ["PLAYGROUND_DATA"] = folder
        with running_app(PLAYGROUND_DATA=folder, WHOLE_CURVES="1") as address:
            begun = time.monotonic()
            rows = asyncio.run(lesson(address, open_store(folder=Path(folder))))
            print(f"all of it in {time.monotonic() - begun:.0f} s", flush=True)
    return rows
