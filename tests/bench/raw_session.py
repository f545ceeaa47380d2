"""A visitor without a browser: the messages that Streamlit's page would send and get, over a socket of its own.

So that thirty visitors cost the machine that they share with the server next to nothing.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.shared.visit import COOKIE

Told = tuple[float, str, str]
"""When something was drawn, on the monotonic clock, of which kind, and what it says."""


@dataclass(eq=False)
class RawSession:
    """Hold one connection: which widgets are on its page, and all that was drawn.

    page: the name in the address; widgets: what they are called -> their id; states: what this visitor has set.
    received: bytes of all messages so far; errors: exceptions that were drawn.
    session: its name at the server; files: of downloads that are written on a click, the label -> the id.
    """

    socket: Any
    page: str
    url: str
    query: str = ""
    widgets: dict[str, str] = field(default_factory=dict)
    states: dict[str, WidgetState] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    page_hash: str = ""
    received: int = 0
    errors: list[str] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    session: str = ""
    files: dict[str, str] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _repeating: dict[str, asyncio.Task] = field(default_factory=dict)

    async def run(self, trigger: str = "", fragment: str = "") -> None:
        """Ask for a run of the page, or of a fragment of it; trigger: id of a button that was pressed."""
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_name, asked.page_script_hash = self.query, self.page, self.page_hash
        asked.fragment_id, asked.is_auto_rerun = fragment, bool(fragment)
        asked.cached_message_hashes.extend(self._known)
        asked.context_info.url, asked.context_info.locale = self.url, "en"
        asked.widget_states.widgets.extend(self.states.values())
        if trigger:
            asked.widget_states.widgets.append(WidgetState(id=trigger, trigger_value=True))
        await self.socket.send(message.SerializeToString())

    async def press(self, label: str) -> float:
        """Press a button; return when."""
        begun = time.monotonic()
        await self.run(trigger=self.widgets[label])
        return begun

    def fill(self, label: str, text: str) -> None:
        """Type into a field; it is sent with what is pressed next."""
        self.states[label] = WidgetState(id=self.widgets[label], string_value=text)

    def slide(self, label: str, value: float) -> None:
        """Move a slider; it is sent with what is pressed next."""
        state = WidgetState(id=self.widgets[label])
        state.double_array_value.data.append(value)
        self.states[label] = state

    async def click_download(self, label: str) -> str:
        """Have a file written; return its address at the server."""
        message = BackMsg()
        asked = message.backend_operation_request
        asked.request_id, asked.session_id, asked.deferred_file.file_id = label, self.session, self.files[label]
        begun = time.monotonic()
        await self.socket.send(message.SerializeToString())
        written = await self.until(lambda told: told[1] == "file", begun)
        return next(said for when, kind, said in reversed(self.told) if kind == "file" and when == written)

    async def until(self, wanted: Callable[[Told], bool], since: float = 0.0, patience: float = 60.0) -> float:
        """Wait until something is drawn; return when that was. Raises TimeoutError."""
        until = time.monotonic() + patience
        seen = 0
        while True:
            self._news.clear()
            for each in self.told[seen:]:
                if each[0] >= since and wanted(each):
                    return each[0]
            seen = len(self.told)
            await asyncio.wait_for(self._news.wait(), max(0.01, until - time.monotonic()))

    async def listen(self) -> None:
        """Take in what the server sends, until the connection ends."""
        async for content in self.socket:
            self.received += len(content)
            self._take_in(ForwardMsg.FromString(content))
            self._news.set()

    def _take_in(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if message.metadata.cacheable and message.hash:
            self._known.add(message.hash)  # large ones are sent once, as to a browser
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
        if kind == "backend_operation_response":
            self.told.append((time.monotonic(), "file", message.backend_operation_response.deferred_file.url))
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self.told.append((time.monotonic(), "run", ""))
            self._stop_repeating(list(self._repeating))
        elif kind == "navigation":  # a new session names the app's own script; this, the page that it runs
            self.page_hash = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            fragment = message.auto_rerun.fragment_id
            self._stop_repeating([fragment])
            again = self._repeat(message.auto_rerun.interval, fragment)
            self._repeating[fragment] = asyncio.get_running_loop().create_task(again)
        elif kind == "stop_auto_rerun":
            self._stop_repeating(message.stop_auto_rerun.fragment_ids)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._draw(message.delta.new_element)

    def _draw(self, element: Element) -> None:
        kind = element.WhichOneof("type")
        drawn = getattr(element, kind)
        said = ""
        if kind == "exception":
            self.errors.append(drawn.message)
        if kind in ("button", "text_input", "slider", "selectbox"):
            self.widgets[drawn.label] = drawn.id
        elif kind in ("markdown", "alert", "text", "html", "metric", "plotly_chart"):
            said = f"{getattr(drawn, 'label', '')} {getattr(drawn, 'body', '')}{getattr(drawn, 'spec', '')}"
        elif kind == "download_button":
            self.files[drawn.label] = drawn.deferred_file_id
        self.told.append((time.monotonic(), kind, said))

    async def _repeat(self, seconds: float, fragment: str) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(seconds)
                await self.run(fragment=fragment)

    def _stop_repeating(self, fragments: Iterable[str]) -> None:
        for each in fragments:
            if (task := self._repeating.pop(each, None)) is not None:
                task.cancel()


@contextlib.asynccontextmanager
async def raw_session(address: str, page: str, key: str, query: str = "", **cookies: str) -> AsyncIterator[RawSession]:
    """Open a page as the visit of a key, and ask for its first run; cookies: further ones that the browser has."""
    socket_address = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in {COOKIE: key, **cookies}.items())}
    async with websockets.connect(
        socket_address,
        subprotocols=["streamlit"],
        additional_headers=headers,
        max_size=None,
        compression=None,
        ping_interval=None,
    ) as socket:
        session = RawSession(socket, page, f"{address}/{page}", query)
        listening = asyncio.get_running_loop().create_task(session.listen())
        try:
            await session.run()
            yield session
        finally:
            session._stop_repeating(list(session._repeating))
            listening.cancel()
