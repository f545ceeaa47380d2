"""The catalogues of languages: all messages of the code, with their translations: `python -m core.build words`.

A message is what `t`, `t_of`, `text` and `text_of` are called with. A new one comes without a translation; one that is
not used any more goes.
"""

import ast
import io
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from core.language import LOCALE
from core.tasks.assets import Assets

DATA = ("words",)

ROOT = Path(__file__).resolve().parents[2]

KEYWORDS: Mapping[str, Any] = {"t": (1,), "t_of": (1, 2), "text": (1,), "text_of": (1, 2)}
"""Function -> which of its arguments are messages: one, or that for one thing and that for many."""

OF_TEMPLATES: Mapping[str, Any] = {"_": (1,), "gettext": (1,), "ngettext": (1, 2)}
"""The same in templates, whose blocks of `trans` call gettext."""

TEMPLATES = {each: "true" for each in ("newstyle_gettext", "trim_blocks", "lstrip_blocks", "keep_trailing_newline")} | {
    "silent": "false"
}
"""How templates are read: as `core.export.rendering` does, else what is found is not what they ask for."""

MODULES = ("core.language", "pages.shared.words")
"""Where these functions come from; others of the same names are none of ours."""

FLAGS = {"python-format", "python-brace-format"}
"""What Babel takes messages for that hold "95 % range" or a name in braces; neither is a format of its kind."""

HEADER = (
    "Language: {language}",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    "Plural-Forms: {plurals}",
)
"""The head of a catalogue, without dates: what changes in the file is what changed in the messages."""


def build(name: str, assets: Assets, data: Path | None) -> None:
    """Bring the catalogue of each language up to date with the code, keeping its translations."""
    found = messages_of_code()
    for path in sorted(LOCALE.glob("*/messages.po")):
        catalogue = read_catalogue(path)
        catalogue.update(found, no_fuzzy_matching=True)
        path.write_bytes(write_catalogue(catalogue))
        path.write_bytes(write_catalogue(read_catalogue(path)))  # by file alone now, since lines are gone
        missing = sum(1 for each in catalogue if each.id and not is_translated(each.string))
        print(f"{path.parent.name}: {len(catalogue):,} messages, {missing:,} of them without a translation")


def messages_of_code(root: Path = ROOT) -> Catalog:
    """Return all messages of app.py, pages, core and the templates of reports, with the files that they stand in."""
    found, of_python = Catalog(), cast(Any, extract_calls)
    for line, message, _, _ in extract_from_file(of_python, root / "app.py", KEYWORDS):
        found.add(message, locations=[("app.py", line)])
    for folder in ("pages", "core"):
        methods: Any = [("**.py", of_python), ("**.jinja", babel_extract)]
        words, options = {**KEYWORDS, **OF_TEMPLATES}, {"**.jinja": TEMPLATES}
        for file, line, message, _, _ in extract_from_dir(root / folder, methods, options, words):
            found.add(message, locations=[(f"{folder}/{file}", line)])
    return found


def extract_calls(
    file: IO[bytes], keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[int, str, list[str | None], list[str]]]:
    """Yield line, function, arguments and comments of each call of one of these functions; as Babel asks for it.

    Babel's own way of reading Python does not know where a function comes from: `text` is SQL elsewhere.
    """
    tree = ast.parse(file.read())
    known = {name for node in ast.walk(tree) for name in _names_of_ours(node)} & set(keywords)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in known:
            yield node.lineno, node.func.id, [_constant(each) for each in node.args], []


def _names_of_ours(node: ast.AST) -> Iterator[str]:
    """Name what a node imports from the modules of these functions, or defines as they do."""
    if isinstance(node, ast.ImportFrom) and node.module in MODULES:
        yield from (each.name for each in node.names if each.asname is None)
    elif isinstance(node, ast.FunctionDef) and node.args.posonlyargs:
        yield node.name


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def read_catalogue(path: Path) -> Catalog:
    """Read the catalogue of a language, from its folder's messages.po."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name)


def write_catalogue(catalogue: Catalog) -> bytes:
    """Write a catalogue as a .po file: by file and message, without lines, which change with each edit."""
    for message in catalogue:
        message.flags -= FLAGS
    head = [each.format(language=catalogue.locale, plurals=catalogue.plural_forms) for each in HEADER]
    written = io.BytesIO()
    written.write("".join(['msgid ""\n', 'msgstr ""\n', *(f'"{each}\\n"\n' for each in head), "\n"]).encode())
    write_po(
        written,
        catalogue,
        width=100,
        omit_header=True,
        sort_by_file=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    return written.getvalue()


def is_translated(said: str | tuple[str, ...] | list[str] | None) -> bool:
    """Whether a message has a translation, in each form that the language has."""
    return bool(said) and all([said] if isinstance(said, str) else list(said or ()))
