"""The rules that keep the code apart: who may import what, how long a page may be, what may not be written."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

CORE, PAGES = sorted((ROOT / "core").rglob("*.py")), sorted((ROOT / "pages").rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_knows_nothing_of_streamlit(path):
    assert not imported(path) & {"streamlit", "pages"}


@pytest.mark.parametrize("path", [*PAGES, ROOT / "app.py"], ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_know_nothing_of_torch_and_stay_short(path):
    assert not imported(path) & {"torch", "torchvision"}
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
