"""Whether two machines run the same code on the same files."""

import functools
import hashlib

from core.jobs.starters import ROOT


@functools.cache
def code_hash() -> str:
    """Return a hash of all code of `core` and of the list of what ships, which names each file by its own hash."""
    found = hashlib.sha256()
    for path in (*sorted((ROOT / "core").rglob("*.py")), ROOT / "assets" / "manifest.json"):
        found.update(path.relative_to(ROOT).as_posix().encode())
        found.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return found.hexdigest()
