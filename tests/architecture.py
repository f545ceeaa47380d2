"""The parts of the code and which imports which: `python -m tests.architecture` draws them for the README.

Parts stand in layers; an import may only point down. `tests/core/test_borders.py` holds that.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx

ROOT = Path(__file__).resolve().parents[1]

LAYERS = (
    ("language",),
    ("errors", "statistics", "choices", "memo", "memory", "admission", "health", "data_folder", "turns", "cores"),
    ("lane",),
    ("quality", "glossary"),
    ("uploads", "downloads"),
    ("tasks",),
    ("pruning",),
    ("tuning", "lessons"),
    ("experiment",),
    ("store",),
    ("stages",),
    ("keys", "classroom"),
    ("measure",),
    ("charts", "sharing", "answers"),
    ("export", "onnx_files"),
    ("engines",),
    ("ends",),
    ("jobs",),
    ("build", "pages"),
    ("app",),
)
"""From the bottom up. What stands in one layer does not know of each other; nothing imports `build`."""

PICTURE = ROOT / "assets" / "architecture.svg"
WIDTH, ROW, BOX = 760, 62, (120, 34)


def sources() -> list[Path]:
    """List every Python file of the app, tests left out."""
    return [ROOT / "app.py", *sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "pages").rglob("*.py"))]


def part_of(path: Path) -> str:
    """Name the part that a file belongs to: a folder or file of core, pages, or app."""
    first, *rest = path.relative_to(ROOT).with_suffix("").parts
    if first == "core":
        return rest[0] if rest != ["__init__"] else ""
    return first


def imported_parts(path: Path) -> Iterator[str]:
    """Yield the part behind each import of a file, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            modules = [f"core.{each.name}" for each in node.names] if node.module == "core" else [node.module]
        elif isinstance(node, ast.Import):
            modules = [each.name for each in node.names]
        else:
            continue
        for module in modules:
            first, _, rest = module.partition(".")
            if first == "core":
                yield rest.partition(".")[0]
            elif first == "pages":
                yield first


def arrows() -> set[tuple[str, str]]:
    """Return which part imports which, files of one part among each other left out."""
    found = {(part_of(path), part) for path in sources() for part in imported_parts(path)}
    return {(one, other) for one, other in found if one and other and one != other}


def picture() -> str:
    """Draw the parts in their layers as SVG, with those arrows that no longer way already says."""
    plain = networkx.transitive_reduction(networkx.DiGraph(sorted(arrows())))
    places = {}
    for number, layer in enumerate(reversed(LAYERS)):
        for place, part in enumerate(layer):
            places[part] = (WIDTH * (place + 1) / (len(layer) + 1), 30 + ROW * number)
    height = 30 + ROW * len(LAYERS)
    lines = [_line(places[one], places[other]) for one, other in sorted(plain.edges)]
    boxes = [_box(part, *place) for part, place in places.items()]
    head = (
        '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L10 5L0 10z" fill="#5b6470"/></marker>'
    )
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14">',
            f"<title>Parts of the code; an arrow points to what is imported</title><defs>{head}</defs>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            *lines,
            *boxes,
            "</svg>\n",
        ]
    )


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, end
    half = BOX[1] / 2
    bend = 70 if x1 == x2 and y2 - y1 > ROW else 0  # around what stands between
    middle = f"{(x1 + x2) / 2 + bend:.0f} {(y1 + y2) / 2:.0f}"
    path = f"M{x1:.0f} {y1 + half:.0f} Q{middle} {x2:.0f} {y2 - half - 2:.0f}"
    return f'<path d="{path}" fill="none" stroke="#5b6470" stroke-width="1.4" marker-end="url(#tip)"/>'


def _box(part: str, x: float, y: float) -> str:
    width, height = BOX
    colour = {"pages": "#fde3d0", "app": "#fde3d0", "build": "#e7e2f3"}.get(part, "#dbe9f6")
    place = f'x="{x - width / 2:.0f}" y="{y - height / 2:.0f}" width="{width}" height="{height}"'
    return (
        f'<rect {place} rx="6" fill="{colour}" stroke="#5b6470"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="#1d2530">{part}</text>'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
