"""Labelled pictures: a zip with one folder for each class."""

import contextlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from PIL import Image

from core.errors import BadInput
from core.language import text, text_of
from core.uploads.archives import SYSTEM_FOLDER, ZippedFile, files_in_zip, is_system_file
from core.uploads.examples import Examples, LeftOut
from core.uploads.labels import NO_ALIASES, UnmatchedLabel, match_label
from core.uploads.limits import MAX_FOLDER_DEPTH, MAX_PICTURES
from core.uploads.pictures import read_picture
from core.uploads.wording import listed, printable

SYSTEM_WROTE = text("The operating system wrote this, it is no example.")


@dataclass
class _LeftOutFiles:
    """Collect files that are not judged: one by one, or a folder at a time, of which each is one line at the end."""

    files: list[LeftOut] = field(default_factory=list)
    folders: Counter[tuple[PurePosixPath, str]] = field(default_factory=Counter)

    def add(self, path: PurePosixPath, why: str) -> None:
        """Leave out one file."""
        self.files.append(LeftOut(printable(path), why))

    def add_system_file(self, path: PurePosixPath) -> None:
        """Leave out a file that an operating system wrote."""
        if SYSTEM_FOLDER in path.parts:
            self.folders[PurePosixPath(SYSTEM_FOLDER), SYSTEM_WROTE] += 1
        else:
            self.add(path, SYSTEM_WROTE)

    def add_of_no_class(self, path: PurePosixPath, error: UnmatchedLabel) -> None:
        """Leave out a file that lies in no folder of a class."""
        folder = path.parent
        if folder.name:
            why = text("The name {name!r} is no class here.", name=printable(folder.name))
            if error.found:
                why = text(
                    "The name {name!r} could be any of {found}.", name=printable(folder.name), found=listed(error.found)
                )
            self.folders[folder, why] += 1
        else:
            self.add(path, text("It lies in no folder that is named like a class."))

    def all(self) -> tuple[LeftOut, ...]:
        """List the files in their order, then the folders."""
        folders = (
            LeftOut(
                text_of(
                    "folder {folder} ({count:,} file)",
                    "folder {folder} ({count:,} files)",
                    count,
                    folder=printable(folder),
                ),
                why,
            )
            for (folder, why), count in self.folders.items()
        )
        return (*self.files, *folders)


def read_picture_folders(
    content: bytes,
    classes: Sequence[str],
    aliases: Mapping[str, str] = NO_ALIASES,
    check: Callable[[Image.Image], object] | None = None,
    multi: bool = False,
) -> Examples:
    """Read a zip with one folder of pictures for each class.

    aliases: other names of folders, as for `match_label`; of folders within folders the innermost one counts.
    check: raises BadInput for a picture that is to be left out.
    multi: whether examples may have several labels; a picture has the one of its folder, as a tuple.
    Leaves out files that lie outside of these folders or are no pictures. Raises BadInput for a zip that is damaged,
    holds too much or has strange paths, and if no picture is left.
    """
    pictures: list[Image.Image] = []
    labels: list[Any] = []
    left_out, given = _LeftOutFiles(), 0
    first_problem: BadInput | None = None
    for file in files_in_zip(content):
        if is_system_file(file.path):
            left_out.add_system_file(file.path)
            continue
        given += 1
        try:
            place = _place_of_folder(file.path.parent, classes, aliases)
        except UnmatchedLabel as error:
            left_out.add_of_no_class(file.path, error)
            continue
        if len(pictures) == MAX_PICTURES:
            raise BadInput(
                text("This zip holds more than {max_pictures:,} pictures.", max_pictures=MAX_PICTURES),
                text("Give fewer."),
            )
        try:
            pictures.append(_checked(file, check))
            labels.append((place,) if multi else place)
        except BadInput as error:
            left_out.add(file.path, error.what)
            first_problem = first_problem or _nothing_usable(file.path, error)
    if not pictures:
        raise first_problem or BadInput(
            text("This zip has no pictures in folders that are named like a class."),
            text("Name the folders: {classes}.", classes=listed(classes)),
        )
    return Examples(pictures, labels, left_out.all(), given)


def _place_of_folder(folder: PurePosixPath, classes: Sequence[str], aliases: Mapping[str, str]) -> int:
    """Return the place of the class that a folder, or one around it, is named like. Raises UnmatchedLabel."""
    for part in reversed(folder.parts[-MAX_FOLDER_DEPTH:]):
        with contextlib.suppress(UnmatchedLabel):
            return match_label(part, classes, aliases)
    return match_label(folder.name, classes, aliases)  # which says why not


def _checked(file: ZippedFile, check: Callable[[Image.Image], object] | None) -> Image.Image:
    """Read a picture of a zip that passes a task's own check. Raises BadInput."""
    picture = read_picture(file.read())
    if check is not None:
        check(picture)
    return picture


def _nothing_usable(path: PurePosixPath, error: BadInput) -> BadInput:
    return BadInput(
        text("No picture of this zip can be used. {path}: {what}", path=printable(path), what=error.what), error.advice
    )
