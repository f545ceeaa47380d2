"""A small class at their sliders, one who floods, one with twenty tabs: nobody meets an error, everybody gets figures.

Sessions without a browser; how long they wait is for `python -m tests.bench class` to say.
"""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor

from core.store import new_key
from tests.bench import class_load
from tests.bench.class_load import SLIDER, figure_of
from tests.bench.raw_session import raw_session

PATIENCE = 240.0


def apart(work):
    """Do asynchronous work in a thread of its own: the browser's tests have a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def asked_of(told):
    """Find what the latest run says was removed; drawn after the figure, so it may be still on its way."""
    for _, kind, said in reversed(told):
        if kind == "metric" and said.startswith("Sparsity"):
            return said
        if kind == "run":
            break
    return None


async def settled(session):
    """Wait until the latest run has its settled figure, and says of what."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while figure_of(session.told)[1] is None or asked_of(session.told) is None:
        assert asyncio.get_running_loop().time() < deadline, session.told[-5:]
        await asyncio.sleep(0.1)
    return asked_of(session.told)


def test_a_small_class_meets_no_error_and_everybody_has_figures(address, monkeypatch):
    monkeypatch.setattr(class_load, "ARRIVING", 0.5)
    monkeypatch.setattr(class_load, "SETTLING", 0.0)
    seen = apart(class_load.lesson(address, class_load.server_of(address), 4, 6.0, 2.0, "own", tunes=0))
    assert seen["errors"] == 0
    assert seen["steps"] >= 8
    assert seen["without a first figure"] < seen["steps"]
    assert seen["kB a step"] > 0


def test_one_who_floods_ends_where_they_stopped_and_others_have_their_figures(address):
    async def play():
        async with contextlib.AsyncExitStack() as stack:
            query = "model=fashion-lenet5"
            flood, calm = [await stack.enter_async_context(raw_session(address, "", new_key(), query)) for _ in "ab"]
            for each in (flood, calm):
                await settled(each)
                each.told.clear()
            for number in range(200):
                flood.slide(SLIDER, number % 180 / 2 + 5.0)
                await flood.run()
                await asyncio.sleep(0.01)
            calm.slide(SLIDER, 33.5)
            await calm.run()
            last = [await settled(calm)]
            flood.told.clear()
            flood.slide(SLIDER, 77.5)
            await flood.run()
            last.append(await settled(flood))
            return last, flood.errors + calm.errors

    last, errors = apart(play())
    assert not errors
    assert "33.5" in last[0] and "77.5" in last[1]


def test_a_visitor_with_twenty_tabs_has_figures_in_each(address):
    async def play():
        async with contextlib.AsyncExitStack() as stack:
            key = new_key()
            tabs = [
                await stack.enter_async_context(raw_session(address, "", key, f"model=fashion-mlp&threshold={number}"))
                for number in range(40, 60)
            ]
            return [await settled(each) for each in tabs], [error for each in tabs for error in each.errors]

    shown, errors = apart(play())
    assert not errors
    assert all(f"{number}.0" in said for number, said in zip(range(40, 60), shown, strict=True))


def test_a_step_sends_what_has_changed_and_names_the_rest(address):
    """Histograms, style sheet and curve stay the same, some 50 kB; a page as a whole has about 75."""

    async def play():
        async with raw_session(address, "", new_key(), "model=fashion-mlp") as session:
            await settled(session)
            sent = []
            for place in (30.0, 45.0, 60.0, 75.0):
                before = session.received
                session.told.clear()
                session.slide(SLIDER, place)
                await session.run()
                await settled(session)
                await asyncio.sleep(0.5)
                sent.append(session.received - before)
            return session.errors, sent

    errors, sent = apart(play())
    assert not errors
    assert sent[-1] < 40_000
