"""The machine and the packages that figures come from."""

import platform
from importlib.metadata import version
from pathlib import Path

from core.language import text

PACKAGES = ("torch", "numpy", "safetensors", "torch-pruning", "torchmetrics", "plotly")


def machine(threads: int) -> list[tuple[str, str]]:
    """Describe this machine and its packages in rows; threads: those of the processor that were used."""
    return [
        (
            text("Machine"),
            text(
                "{system} {machine}, {threads} processor threads",
                system=platform.system(),
                machine=platform.machine(),
                threads=threads,
            ),
        ),
        (text("Processor"), processor()),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in PACKAGES),
    ]


def processor() -> str:
    """Name this machine's processor, as far as the system tells."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            names = {line.partition(":")[2].strip() for line in lines if line.startswith("model name")}
    except OSError:
        names = set()
    return ", ".join(sorted(names)) or platform.processor() or text("not told by the system")
