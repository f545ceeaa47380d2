"""RESULTS.md: one section a bench, written by the bench itself, with the machine and the day beside each table."""

import datetime
import os
import platform
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

RESULTS = Path(__file__).with_name("RESULTS.md")


def machine() -> str:
    """Name the processor, its cores and the version of torch."""
    cpu = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", cpu.read_text()) if cpu.exists() else None
    name = found[1].strip() if found else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, torch {torch.__version__.split('+')[0]}"


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Lay rows out as a Markdown table; a column that a row does not have stays empty there."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(_cell(row.get(name, '')) for name in columns)} |" for row in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:,}" if isinstance(value, int) else str(value)


def write(bench: str, about: str, rows: Sequence[Mapping[str, Any]], path: Path = RESULTS, command: str = "") -> None:
    """Put the rows of one bench in the place of those that its section has, or add the section at the end.

    What somebody has written below a section's table stays. command: what was asked for, where it is not the name.
    """
    begin, end = f"<!-- {bench}: begin -->", f"<!-- {bench}: end -->"
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    how = f"`python -m tests.bench {command or bench} --write`, {machine()}, {today}"
    section = f"{begin}\n{about}\n\n{how}\n\n{table(rows)}\n{end}"
    text = path.read_text(encoding="utf-8") if path.exists() else "# Figures\n"
    if begin in text and end in text:
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: section, text, flags=re.DOTALL)
    else:
        text = f"{text.rstrip()}\n\n## {bench}\n\n{section}\n"
    path.write_text(text, encoding="utf-8")
