"""Two servers of the app behind nginx, one store, one scheduler: what a visitor does arrives, whoever answers."""

import asyncio
import re

import pytest
import requests
from distributed import Client

from core.store import new_key
from tests.bench.raw_session import raw_session
from tests.cluster.postgresql import programs
from tests.cluster.processes import until
from tests.cluster.recipe import NGINX, site

HEALTH = "/_stcore/health"
TABLE = "Guesses (CSV)"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    if NGINX is None or programs() is None:
        pytest.skip("nginx or PostgreSQL is not installed: apt-get install nginx postgresql")
    with site(tmp_path_factory.mktemp("site")) as running:
        yield running


def new_browser(cluster, **cookies):
    """Ask as a browser does before all else; return it with its cookies, and which server answered."""
    browser = requests.Session()
    browser.cookies.update(cookies)
    assert browser.get(cluster.address + HEALTH).text == "ok"

    def asked():
        return [line for line in cluster.log.read_text().splitlines() if f" {HEALTH} " in line]

    until(asked)  # nginx notes it once it has answered
    return browser, asked()[-1].split()[-1]  # behind those that did not answer


def choice_of(cluster, server):
    """Return a value of nginx's cookie that leads to a server."""
    return next(value for value in map(str, range(1000)) if new_browser(cluster, playground_server=value)[1] == server)


def upload(address, browser, session):
    """Send a file as the page does; return the status."""
    token = {"X-Xsrftoken": browser.cookies["_streamlit_xsrf"]}
    file = {"file": ("model.onnx", b"x" * 2_000_000)}
    return browser.put(f"{address}/_stcore/upload_file/{session}/any", files=file, headers=token).status_code


async def see_class(cluster, key, choice):
    """Open the page of classes as a teacher who has opened one; return once it is drawn."""
    async with raw_session(cluster.address, "classroom", key, playground_server=choice) as teacher:
        await teacher.until(lambda told: TABLE in teacher.files)


def test_a_curve_is_judged_by_the_workers_of_the_scheduler(cluster):
    async def look(client):
        async with raw_session(cluster.address, "", new_key(), "scope=layer"):  # of no curve that ships
            await asyncio.to_thread(until, lambda: any(client.processing().values()))

    with Client(cluster.scheduler, set_as_default=False) as client:
        asyncio.run(look(client))


def test_a_class_opened_on_one_server_is_there_on_the_other_one(cluster):
    browser, server = new_browser(cluster)
    choice, key = browser.cookies["playground_server"], new_key()
    (other,) = cluster.servers.keys() - {server}

    async def teach():
        async with raw_session(cluster.address, "classroom", key, playground_server=choice) as teacher:
            await teacher.until(lambda told: "Open a class" in teacher.widgets)
            await teacher.press("Open a class")
            await teacher.until(lambda told: TABLE in teacher.files)
            assert upload(cluster.address, browser, teacher.session) == 204
            assert upload(f"http://{other}", browser, teacher.session) == 400  # who does not know this page
            table = browser.get(cluster.address + await teacher.click_download(TABLE))
            assert table.status_code == 200
            assert re.search(r'filename="?class-\w+-guesses.csv', table.headers["Content-Disposition"])
            assert table.text.startswith("\ufeffnickname,lesson,")

    asyncio.run(teach())
    asyncio.run(see_class(cluster, key, choice_of(cluster, other)))
    cluster.servers[server].kill()
    cluster.servers[server].wait()
    assert new_browser(cluster, playground_server=choice)[1] == other
    asyncio.run(see_class(cluster, key, choice))
