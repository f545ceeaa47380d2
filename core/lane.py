"""One lane for judging: ever better answers to many visitors, on few threads, what people look at now first.

Were each visitor's own thread to compute, thirty would fight for two cores over places that most have left. Here the
first item of what was asked for last comes before all others; then the rest of what somebody still looks at, what is
done soonest first, so that most are done early. Whoever asks for the same reads along, what nobody looks at any more is
dropped, and what may be asked for soon is computed while nobody waits. Nobody starves: every FAIR-th turn goes to
whoever has waited longest. Where there are several threads, one is prompt: it computes first items, and the rest only
while nobody waits for anything; the others are patient: they leave the processor to whoever wants it, and first items
too unless the prompt one is held up.
"""

import atexit
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.cores import let_others_first
from core.memo import Memo

FAIR = 8
"""Every so many turns one goes to what has waited longest."""

LOOK_UP = 0.1
"""Seconds after which somebody who waits finds out whether they still want it."""

MOST_AHEAD = 64
"""Answers that are to be computed while nobody waits; the oldest wishes are forgotten."""

IDLE = 10.0
"""Seconds without work after which the thread ends; the next who asks starts it again."""

AGAIN = 0.02
"""Seconds after which a thread that lets others go first looks whether they still wait."""

HELD_UP = 0.2
"""Seconds after which an item takes so long that others compute first items meanwhile."""

LAST_ITEM = 5.0
"""Seconds that the end of this process waits for the item at work: in the middle of torch, it would be a crash."""

Make = Callable[[], Iterable[Any]]
Share = Callable[[Any], float]


@dataclass(eq=False)
class Stream:
    """Hold one answer on its way: its items so far, and who reads them.

    asked: when somebody asked for it last; served: when it had its last turn, or came; both on the lane's clock.
    share: (item) -> the share of the work that is done with it, 0 to 1; None where nobody knows.
    taken: seconds that its items have taken so far; left: how many the rest will take; 0 while not known.
    ahead: whether it goes on without readers, while nobody waits for anything; busy: whether a thread computes it now.
    error: what it ended with, if it did not come to its end.
    """

    key: Hashable
    make: Make
    asked: float
    served: float
    news: threading.Condition
    items: list[Any] = field(default_factory=list)
    readers: int = 0
    ahead: bool = False
    busy: bool = False
    over: bool = False
    error: Exception | None = None
    source: Iterator[Any] | None = None
    share: Share | None = None
    taken: float = 0.0
    left: float = 0.0


def choose(waiting: Iterable[Stream], turn: int) -> Stream | None:
    """Return the stream that has the next turn; None if nobody waits."""
    wanted = list(waiting)
    if not wanted:
        return None
    if turn % FAIR == 0:
        return min(wanted, key=lambda each: each.served)
    return max(wanted, key=lambda each: (not each.items, -each.left, each.asked))


class Lane:
    """Compute streams of answers item by item, and store the last item of each.

    memo: where whole answers are kept; clock: seconds, for which answers are newer.
    threads: how many compute, more than one only while several wait, and all but one patiently; with 0, whoever calls
        `take_turn` does.
    at_once: seconds for which a turn goes on with further items of what has its first one already.
    prepare: called before each turn, on the thread that computes, with how many answers somebody waits for.
    pressed: whether people wait for something else that this process does, as a page to be drawn; the prompt one of
        several threads then computes first items only.
    """

    def __init__(
        self,
        memo: Memo,
        clock: Callable[[], float] = time.monotonic,
        threads: int = 1,
        at_once: float = 0.0,
        prepare: Callable[[int], object] = lambda waiting: None,
        pressed: Callable[[], bool] = lambda: False,
    ) -> None:
        self.memo, self._clock, self._most = memo, clock, threads
        self._at_once, self._prepare, self._pressed = at_once, prepare, pressed
        self._lock = threading.RLock()
        self._work = threading.Condition(self._lock)
        self._streams: dict[Hashable, Stream] = {}
        self._ahead: OrderedDict[Hashable, Make] = OrderedDict()
        self._turn = 0
        self._closed = False
        self._threads: dict[threading.Thread, bool] = {}  # -> whether it is patient
        self._prompt_since = math.inf  # on the lane's clock, while the prompt one is at work

    def follow(
        self,
        key: Hashable,
        make: Make,
        look_up: Callable[[], object] = lambda: None,
        patience: float | None = None,
        share: Share | None = None,
    ) -> Generator[Any, None, None]:
        """Yield what `make` yields, as it is computed, and store the last of it; just that one if it is stored already.

        make: called on the lane's own thread; two who ask for one key share what the first one's gives.
        look_up: called now and then while this waits; what it raises ends the waiting, as when a visitor has moved on.
        patience: seconds after which the newest item is yielded if the last one is not there yet, and after which the
            next, each time half as many more as have gone by; those between are left out. None: all are yielded.
        share: (item) -> the share of the work that is done with it, 0 to 1, if that is known.
        Whatever `make` raises is raised to all who read, and nothing is stored.
        """
        with self._lock:
            known = key in self.memo
            stored = self.memo.peek(key) if known else None
            stream = None if known else self._joined(key, make, share)
        if stream is None:
            yield stored
            return
        place, begun, due = 0, self._clock(), patience or 0.0
        try:
            while self._wait_for(stream, place, begun + due, look_up):
                place = place + 1 if patience is None else len(stream.items)
                yield stream.items[place - 1]
                if patience is not None:
                    due = 1.5 * max(due, self._clock() - begun)
            if stream.error:
                raise stream.error
        finally:
            self._leave(stream)

    def offer(self, key: Hashable, make: Make) -> None:
        """Have an answer computed and stored once nobody waits, if there is ever such a moment."""
        with self._lock:
            if key in self.memo or key in self._streams:
                return
            self._ahead[key] = make
            self._ahead.move_to_end(key)
            if len(self._ahead) > MOST_AHEAD:
                self._ahead.popitem(last=False)
            self._begin()

    @property
    def waiting(self) -> int:
        """How many answers somebody waits for."""
        with self._lock:
            return sum(each.readers > 0 for each in self._streams.values())

    def take_turn(self, patient: bool = False) -> bool:
        """Compute one item of one stream, or some that take little; return whether there was anything to do.

        patient: whether first items, unless another thread is held up, and what only one waits for are left to that.
        """
        with self._lock:
            stream = self._next_patiently() if patient else self._next()
            if stream is None:
                return False
            stream.served = begun = self._clock()
            stream.busy = True
            if not patient:
                self._prompt_since = begun
        try:
            self._prepare(self.waiting)
            first = not stream.items
            while self._take_item(stream) and not first and self._clock() - begun < self._at_once:
                pass
        finally:
            with self._lock:
                stream.busy = False
                if not patient:
                    self._prompt_since = math.inf
                self._work.notify_all()
        return True

    def _take_item(self, stream: Stream) -> bool:
        """Compute one item; return whether there may be more."""
        begun = self._clock()
        try:
            if stream.source is None:
                stream.source = iter(stream.make())
            item = next(stream.source)
        except StopIteration:
            self._end(stream)
            return False
        except Exception as error:
            self._end(stream, error)
            return False
        with self._lock:
            stream.items.append(item)
            stream.taken += max(0.0, self._clock() - begun)
            if stream.share is not None and (share := stream.share(item)) > 0:
                stream.left = stream.taken * (1 - share) / share
            stream.news.notify_all()
        return True

    def close(self) -> None:
        """Take no more turns, and wait a while for those at work."""
        with self._lock:
            self._closed, threads = True, list(self._threads)
            self._work.notify_all()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(LAST_ITEM)

    def _joined(self, key: Hashable, make: Make, share: Share | None) -> Stream:
        """Return the stream of a key with one more reader, and see that somebody computes it."""
        self._ahead.pop(key, None)
        stream = self._streams.get(key) or self._new(key, make)
        stream.asked, stream.share = self._clock(), share or stream.share
        stream.readers += 1
        self._begin()
        return stream

    def _new(self, key: Hashable, make: Make, ahead: bool = False) -> Stream:
        now = self._clock()
        stream = Stream(key, make, now, now, threading.Condition(self._lock), ahead=ahead)
        self._streams[key] = stream
        return stream

    def _wait_for(self, stream: Stream, place: int, due: float, look_up: Callable[[], object]) -> bool:
        """Wait for a further item of a stream until it is due; return whether there is one, or the stream is over."""
        while True:
            with self._lock:
                early = due - self._clock()
                if not stream.over and (place == len(stream.items) or early > 0):
                    stream.news.wait(min(LOOK_UP, early) if early > 0 else LOOK_UP)
                if stream.over or (place < len(stream.items) and self._clock() >= due):
                    return place < len(stream.items)
            look_up()

    def _leave(self, stream: Stream) -> None:
        with self._lock:
            stream.readers -= 1
            if not stream.readers and not stream.ahead:
                self._forget(stream)

    def _forget(self, stream: Stream) -> None:
        if self._streams.get(stream.key) is stream:
            del self._streams[stream.key]

    def _next(self) -> Stream | None:
        """Choose what has the next turn: what somebody waits for, or else what may be asked for, the newest first."""
        self._turn += 1
        free = self._free()
        if read := [each for each in free if each.readers]:
            if self._most > 1:
                firsts = [each for each in read if not each.items]
                read = firsts or ([] if self.waiting > 1 and self._pressed() else read)
            return choose(read, self._turn)
        if len(free) < len(self._streams) or self._pressed():
            return None  # while another thread computes, nothing is computed ahead
        chosen = next(iter(free), None)  # what was begun ahead; all others have readers
        return chosen or (self._new(*self._ahead.popitem(), ahead=True) if self._ahead else None)

    def _next_patiently(self) -> Stream | None:
        """Choose the rest of something, if several wait: with one alone, both threads would use all cores."""
        self._turn += 1
        held_up = self._clock() - self._prompt_since > HELD_UP
        if self.waiting < 2 and not held_up:
            return None
        return choose((each for each in self._free() if each.readers and (each.items or held_up)), self._turn)

    def _free(self) -> list[Stream]:
        return [each for each in self._streams.values() if not each.busy]

    def _end(self, stream: Stream, error: Exception | None = None) -> None:
        with self._lock:
            stream.error, stream.source, stream.over = error, None, True
            if stream.items and error is None:
                self.memo.put(stream.key, stream.items[-1])
            self._forget(stream)
            stream.news.notify_all()

    def _begin(self) -> None:
        """Start a thread if there are too few, or none that is prompt, and wake those that wait."""
        prompt = False in self._threads.values()
        busy = self._prompt_since < math.inf  # perhaps with what nobody waits for any more
        few = len(self._threads) < min(self._most, len(self._streams) + busy)
        if self._most and not self._closed and (few or not prompt):
            thread = threading.Thread(target=self._serve, args=(prompt,), daemon=True, name="lane")
            if not self._threads:
                atexit.register(self.close)
            self._threads[thread] = prompt
            thread.start()
        self._work.notify_all()

    def _serve(self, patient: bool) -> None:
        if patient:
            let_others_first()
        while True:
            busy = not self._closed and self.take_turn(patient)
            with self._lock:
                if not busy and not self._closed:
                    busy = self._work.wait(AGAIN if self._is_wanted() else IDLE)
                if self._closed or not (busy or self._streams or self._ahead):
                    del self._threads[threading.current_thread()]
                    if not self._threads:
                        atexit.unregister(self.close)
                    return

    def _is_wanted(self) -> bool:
        """Whether there is something for one more thread to do."""
        free = self._free()
        return any(each.readers for each in free) or (len(free) == len(self._streams) and bool(free or self._ahead))
