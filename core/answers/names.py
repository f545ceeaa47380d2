"""What an answer that lasts is kept under: the network's own files, the plan, and the code that found it."""

import functools
import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.keys import Key
from core.stages import catalogue_name, stored_weights

COMPUTES = ("pruning", "tasks", "measure", "quality", "statistics.py", "stages.py")
"""The parts of `core` whose change may change a figure."""


def fingerprint(manifest: Mapping[str, Any], network: str) -> str:
    """Return a hash of the files that a shipped network and its data consist of; "" for one that does not ship.

    network: a name of the catalogue alone: what adapts to other data, or was brought, has no files in the manifest.
    """
    about = manifest["models"].get(network)
    if about is None:
        return ""
    beginnings = [f"models/{network}.", f"models/{network}-", f"models/{network}/"]
    if data := about.get("data"):
        beginnings.append(f"data/{data}-")
    files = {file: entry["sha256"] for file, entry in manifest["files"].items() if file.startswith(tuple(beginnings))}
    return _hash(files)


@functools.cache
def code_version() -> str:
    """Return a hash of all code that computes figures, and of the version of torch that it runs on."""
    root = Path(__file__).parents[1]
    files = sorted(
        file for part in COMPUTES for file in ([root / part] if "." in part else (root / part).rglob("*.py"))
    )
    sources = {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return _hash({**sources, "torch": importlib.metadata.version("torch")})


def answer_name(manifest: Mapping[str, Any], key: Key, files: str | None = None) -> str:
    """Return the name under which an answer is kept, 64 hexadecimal digits; "" for one that does not last.

    files: the fingerprint of the network that is looked at, if it is known already.
    Figures on validation data of stages of shipped networks last, as they are, pruned, or with weights of the store.
    """
    network, subject = catalogue_name(key.network), key.subject
    files = fingerprint(manifest, network) if files is None else files
    if not files or key.what not in ("result", "cost") or key.plan is not None or key.steps is not None:
        return ""
    about = {
        "network": network,
        "files": files,
        "weights": stored_weights(key.network),
        "what": key.what,
        "split": "validation",
        "stage": subject.stage if subject else "dense",
        "tuned": subject.tuned if subject else "",
        "plan": _plan(key),
        "code": code_version(),
    }
    return _hash(about)


def _plan(key: Key) -> str:
    return repr(key.subject.plan) if key.subject else ""


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
