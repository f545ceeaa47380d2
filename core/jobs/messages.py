"""The messages between a pool and its worker processes: one pickle each, over a pair of byte streams.

Both ends are this program; nothing from outside is ever read here. Arguments and payloads travel packed, so that a
worker can listen before it has imported what they are made of, and whoever passes them on need not import it at all.
"""

import pickle
from dataclasses import dataclass
from typing import Any, BinaryIO


@dataclass(frozen=True)
class Order:
    """Ask a worker for a piece of work, as run `number`; its arguments are packed."""

    number: int
    work: str
    arguments: bytes


@dataclass(frozen=True)
class Stop:
    """Ask a worker to end run `number` early, if it is not over."""

    number: int


@dataclass(frozen=True)
class Ready:
    """Tell the pool, once, that a worker has imported everything and is the process `pid`."""

    pid: int


@dataclass(frozen=True)
class Progress:
    """Tell the pool a payload that the work has yielded; it is packed."""

    payload: bytes


@dataclass(frozen=True)
class Done:
    """Tell the pool that the run is over."""


@dataclass(frozen=True)
class Failed:
    """Tell the pool of an error: two sentences for people, empty for an error that was not foreseen."""

    what: str
    advice: str


class HungUp(Exception):
    """Say that the other end is gone, or sends bytes that mean nothing."""


class Lost(HungUp):
    """Say that the machine at the other end is gone, which is no fault of the work."""


def write(stream: BinaryIO, message: object) -> None:
    """Send one message. Raises HungUp when nobody can read it any more; other errors are the message's own."""
    packed = pickle.dumps(message)
    try:
        stream.write(packed)
        stream.flush()
    except (OSError, ValueError) as error:  # a ValueError: closed by this side
        raise HungUp from error


def read(stream: BinaryIO) -> object:
    """Wait for the next message. Raises HungUp at the end of the stream and for bytes that mean nothing."""
    try:
        return pickle.load(stream)
    except Exception as error:
        raise HungUp from error


def packed(content: Any) -> bytes:
    """Pack the arguments of a run, or a payload."""
    return pickle.dumps(content)


def unpacked(content: bytes) -> Any:
    """Unpack what `packed` has packed. Raises HungUp for bytes that mean nothing."""
    try:
        return pickle.loads(content)
    except Exception as error:
        raise HungUp from error
