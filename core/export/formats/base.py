"""What a form of the download is: its files, how they are written and loaded, and what that needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from core.choices import Choice
from core.errors import PlaygroundError
from core.language import text
from core.pruning import Pruned
from core.tasks.base import Task


class ExportFailed(PlaygroundError):
    """A network that could not be written in a format, or that answers differently there."""


@dataclass(frozen=True)
class Companions:
    """Hold what comes with a format's own file: name -> content of further files, and a section for the README."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    section: str = ""


def no_companions(task: Task, pruned: Pruned) -> Companions:
    """Add nothing to a format's own file."""
    return Companions()


@dataclass(frozen=True)
class Format(Choice):
    """Describe a form in which a network can be taken home.

    file: the name of its file; contents: what that file, and those that may come with it, hold: name -> words.
    write: (task, pruned) -> the file's bytes; raises ExportFailed where they would not give the network's answers.
    size: (pruned) -> about how many bytes that will be.
    loading: lines of Python that load it into `network`.
    weights_only: whether these lines need the network built by its class, since the file does not hold it.
    needs: packages without which it cannot be written; loading_needs: those that loading takes besides torch and
        safetensors.
    companions: (task, pruned) -> what comes with the file.
    slow: whether it takes long to write, or much memory, so that a worker does it.
    """

    file: str
    contents: Mapping[str, str]
    write: Callable[[Task, Pruned], bytes]
    size: Callable[[Pruned], int]
    loading: str
    weights_only: bool
    needs: tuple[str, ...] = ()
    loading_needs: tuple[str, ...] = ()
    companions: Callable[[Task, Pruned], Companions] = no_companions
    slow: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that it needs and that are not installed."""
        return tuple(name for name in self.needs if find_spec(name) is None)

    def build(self, task: Task, pruned: Pruned) -> bytes:
        """Write the file. Raises ExportFailed where the network cannot be written so, or packages are missing."""
        if missing := self.missing:
            raise ExportFailed(
                text(
                    "{label} needs packages that are not installed here: {missing}.",
                    label=self.label,
                    missing=", ".join(missing),
                ),
                text("Install them (pip install {missing}), or choose another format.", missing=" ".join(missing)),
            )
        return self.write(task, pruned)
