"""The files that ship: found, read, and compared with the hash that the manifest holds."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import TaskUnavailable
from core.language import text

ROOT = Path(__file__).resolve().parents[2] / "assets"

PARTS = ("files", "data", "models")
"""Names of the manifest's parts."""


@dataclass(frozen=True)
class Assets:
    """Read and write a folder of weights and data with its manifest.

    manifest: "files" (path -> sha256, bytes), "data" (name -> licence, source, splits),
    "models" (name -> recipe, seed, figures, parameters).
    """

    root: Path = ROOT
    manifest: dict[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def open(cls, root: Path = ROOT) -> "Assets":
        """Read the manifest of a folder. Raises TaskUnavailable when it is missing or damaged."""
        try:
            manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TaskUnavailable(
                text("The list of shipped models, {name}/manifest.json, is missing or damaged.", name=root.name),
                text("Restore it from the project's repository: git checkout -- assets"),
            ) from error
        return cls(root, {**{part: {} for part in PARTS}, **manifest})

    @classmethod
    def open_or_begin(cls, root: Path) -> "Assets":
        """Read the manifest of a folder, or make folder and manifest. Raises TaskUnavailable when it is damaged."""
        root.mkdir(parents=True, exist_ok=True)
        return cls.open(root) if (root / "manifest.json").exists() else cls(root, {part: {} for part in PARTS})

    def read(self, file: str) -> bytes:
        """Return a file's bytes after comparing them with the manifest. Raises TaskUnavailable if they differ."""
        try:
            content = (self.root / file).read_bytes()
        except OSError as error:
            raise TaskUnavailable(*self.damaged(file)) from error
        if sha256(content) != self.digest(file):
            raise TaskUnavailable(*self.damaged(file))
        return content

    def digest(self, file: str) -> str:
        """Return the SHA-256 that the manifest holds of a file, "" if it holds none."""
        return str(self.manifest["files"].get(file, {}).get("sha256", ""))

    def write(self, file: str, content: bytes) -> None:
        """Store a file and note its hash and size in the manifest, which `save` writes out."""
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
        self.manifest["files"][file] = {"sha256": sha256(content), "bytes": len(content)}

    def save(self) -> None:
        """Write the manifest."""
        text = json.dumps(self.manifest, indent=2, ensure_ascii=False, sort_keys=True)
        _replace(self.root / "manifest.json", f"{text}\n".encode())

    def damaged(self, file: str) -> tuple[str, str]:
        """Return what to tell somebody whose file is missing or is not the one that was shipped."""
        return (
            text(
                "The file {name}/{file} is missing or damaged, so this model cannot be shown.",
                name=self.root.name,
                file=file,
            ),
            text(
                "Restore it from the project's repository: git checkout -- {name}/{file}",
                name=self.root.name,
                file=file,
            ),
        )


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside its place and give it its name then, so that nobody ever reads half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
