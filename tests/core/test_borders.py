"""The rules that keep the code apart: who may import what, how long a page may be, what may not be written."""

import ast
from pathlib import Path

import pytest

from tests.architecture import LAYERS, PICTURE, imported_parts, part_of, picture, sources
from tests.conftest import ROOT

CORE, PAGES = sorted((ROOT / "core").rglob("*.py")), sorted((ROOT / "pages").rglob("*.py"))
HEIGHT = {part: height for height, layer in enumerate(LAYERS) for part in layer}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", sources(), ids=name)
def test_imports_point_down(path):
    mine = part_of(path)
    for other in set(imported_parts(path)) - {mine}:
        assert HEIGHT[other] < HEIGHT[mine], f"{mine} may not import {other}"
        assert other != "build"


def test_the_picture_in_the_readme_is_that_of_the_code():
    assert picture() == PICTURE.read_text(encoding="utf-8"), "draw it anew: python -m tests.architecture"


@pytest.mark.parametrize("path", CORE, ids=name)
def test_core_knows_nothing_of_streamlit(path):
    assert not imported(path) & {"streamlit", "pages"}


@pytest.mark.parametrize("path", [*PAGES, ROOT / "app.py"], ids=name)
def test_pages_know_nothing_of_torch_and_stay_short(path):
    assert not imported(path) & {"torch", "torchvision"}
    longest = (
        220 if path.is_relative_to(ROOT / "pages" / "shared") or path.is_relative_to(ROOT / "pages" / "parts") else 150
    )
    assert len(path.read_text(encoding="utf-8").splitlines()) <= longest


@pytest.mark.parametrize("path", CORE, ids=name)
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
