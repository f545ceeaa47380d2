"""The report: one HTML file that holds every figure of an experiment and needs nothing else to be read.

What it reports follows Blalock, Gonzalez Ortiz, Frankle, Guttag 2020, What is the state of neural network pruning?:
compression ratio and theoretical speed-up, absolute and relative quality, spread over seeds where there are several,
and the random baseline beside the method.
"""

import html
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import plotly.io
from plotly.offline import get_plotlyjs

from core.charts import confusion_matrix
from core.charts.style import base_axis, base_layout
from core.charts.style import INK, PRUNED, REMOVED, error_bars, display_scale, value_axis, hover_format
from core.measure.advice import advice
from core.measure.extra_figures import Further, FurtherChanges
from core.measure.latency import Latency
from core.pruning import Pruned
from core.quality import METRICS, Change, Quality, change
from core.tasks.base import Task
from core.tuning import Recipe

STYLE = """
:root { color-scheme: light; font-family: "Source Sans 3", "Segoe UI", system-ui, sans-serif; line-height: 1.5; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 0.75rem 0 1.5rem; }
th, td { border-bottom: 1px solid #ddd; padding: 0.3rem 0.9rem 0.3rem 0; text-align: left; white-space: nowrap; }
td { font-variant-numeric: tabular-nums; }
.note { color: #555; }
@media print { body { max-width: none; } }
"""

POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
"""What the file may do when it is opened: nothing but show itself."""


@dataclass(frozen=True)
class Findings:
    """Everything that was measured for a report.

    figures: stage -> split -> quality, "dense" and "pruned" first, then "fine-tuned" if there is one.
    further: stage -> figures beside the headline one, on validation data.
    random: the same amount removed by chance, one validation figure a seed.
    seeds: validation figures of the same fine-tune with other seeds: seed -> quality.
    curve, curve_random: (sparsity, quality on validation data) along the slider.
    parameters, macs: of each variant that could be shipped; effective: operations that are not with a zero.
    files: bytes by encoding of what would be shipped; whole: bytes of the dense network's plain file.
    latency: batch size -> variant -> milliseconds; threads: processor threads used.
    confused: stage -> confusion matrix, for a classifier.
    usual: the size of the examples that operations and times are of, in words; "" where all have one size.
    left_out: what could not be shipped -> why; changes: stage -> how much each further figure changed.
    """

    figures: Mapping[str, Mapping[str, Quality]]
    further: Mapping[str, Further]
    random: Sequence[Quality]
    curve: Sequence[tuple[float, Quality]]
    curve_random: Sequence[tuple[float, Quality]]
    parameters: Mapping[str, int]
    macs: Mapping[str, int]
    effective: int
    files: Mapping[str, int]
    latency: Mapping[int, Mapping[str, Latency]]
    threads: int
    seeds: Mapping[int, Quality] = field(default_factory=dict)
    confused: Mapping[str, np.ndarray] = field(default_factory=dict)
    whole: int = 0
    usual: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, FurtherChanges] = field(default_factory=dict)


def report(task: Task, pruned: Pruned, found: Findings, recipe: Recipe | None = None) -> str:
    """Return a self-contained HTML page about a pruned network, and its fine-tuned form if `found` has one.

    pruned: what the plan left, before any fine-tune; recipe: what that was.
    """
    dense = found.figures["dense"]["validation"]
    last = list(found.figures)[-1]
    smallest = min(found.files.values())
    title = f"{task.info.title}: {pruned.sparsity:.1%} pruned"
    weights = sum(layer.weights for layer in pruned.layers)
    kept = sum(layer.kept for layer in pruned.layers)
    whole, left = found.macs["dense"], found.macs.get("smaller", found.effective)
    headline = [
        ("Removed of the prunable weights", f"{pruned.sparsity:.2%}"),
        ("Compression ratio (prunable weights before / after)", _times(weights, kept)),
        (
            "Compression ratio (bytes of the plain file / of the smallest one)",
            _times(found.whole or found.files["dense"], smallest),
        ),
        ("Theoretical speed-up (operations before / after, zeros skipped)", _times(whole, min(left, found.effective))),
        *[
            (f"{dense.metric}, {stage}, {split}", _figure(quality))
            for stage, by_split in found.figures.items()
            for split, quality in by_split.items()
        ],
        *[
            (f"Change of {dense.metric}, {stage}, {split}", _changed(change(found.figures["dense"][split], quality)))
            for stage, by_split in found.figures.items()
            if stage != "dense"
            for split, quality in by_split.items()
        ],
        *[
            (f"Of the dense {dense.metric}, {stage}", _relative(task, by_split["validation"], dense))
            for stage, by_split in found.figures.items()
            if stage != "dense"
        ],
    ]
    parts = [
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{html.escape(task.info.about)}</p>",
        "<h2>In short</h2>",
        _table(("", ""), headline),
        "<ul>"
        + "".join(f"<li>{html.escape(line)}</li>" for line in advice(found.files, found.latency, found.whole or None))
        + "</ul>",
        "<h2>Against chance</h2>",
        _against_chance(found),
        _chart(_curves(found)),
        _seeds(found, recipe),
        "<h2>Plan</h2>",
        _table(("Choice", "Value"), [(k, v) for k, v in pruned.plan.to_dict().items() if v not in (None, {})]),
    ]
    if recipe:
        parts += ["<h2>Recipe of the fine-tune</h2>", _table(("Choice", "Value"), list(recipe.to_dict().items()))]
    parts += ["<h2>Beyond the headline figure</h2>", *_beyond(found)]
    for stage, counts in found.confused.items():
        if stage in ("dense", last):
            chart = confusion_matrix(counts, task.classes, f"{stage.capitalize()}: true classes and given names, %")
            parts.append(_chart(chart))
    parts += ["<h2>What it costs</h2>", *_costs(found), "<h2>Layers</h2>", _layers(pruned)]
    parts += ["<h2>How this was measured</h2>", _table(("", ""), _machine(task, found)), _limits(found)]
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style><script>{get_plotlyjs()}</script></head>"
        f"<body>\n{body}\n</body></html>\n"
    )


def _changed(found: Change) -> str:
    """Write a change with its range, or that it is none that could be told from chance."""
    about = METRICS[found.metric]
    scale, unit, digits = (100, " points", 2) if about.share else (1, "", about.digits)
    if not math.isfinite(found.value):
        return "no answer"
    text = f"{scale * found.value:+.{digits}f}{unit}"
    if not math.isfinite(found.low) or not math.isfinite(found.high):
        return f"{text} (range not known)"
    span = f"{scale * found.low:+.{digits}f} to {scale * found.high:+.{digits}f}{unit}"
    return f"{text} ({span})" if found.clear else f"{text}: no clear change ({span})"


def _figure(quality: Quality) -> str:
    about = quality.about
    if not math.isfinite(quality.value):
        return f"no answer (n = {quality.n:,})"
    write = "{:.2%}".format if about.share else f"{{:.{about.digits}f}}".format
    return f"{write(quality.value)} ({write(quality.low)} to {write(quality.high)}, n = {quality.n:,})"


def _times(before: float, after: float) -> str:
    return f"{before / after:.2f} x" if after else "nothing is left"


def _relative(task: Task, quality: Quality, dense: Quality) -> str:
    found = quality.relative(dense, task.info.worst)
    return f"{found.value:.1%} ({found.low:.1%} to {found.high:.1%})" if math.isfinite(found.value) else "no answer"


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{html.escape(each)}</th>" for each in heads) if any(heads) else ""
    lines = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{lines}</table>"


def _chart(figure: Mapping[str, Any]) -> str:
    config = {"displayModeBar": False, "responsive": True}
    return plotly.io.to_html(dict(figure), config, include_plotlyjs=False, full_html=False, validate=False)


def _against_chance(found: Findings) -> str:
    values = [quality.value for quality in found.random]
    quality = found.figures["pruned"]["validation"]
    rows = [
        ("this plan", _figure(quality)),
        *((f"by chance, seed {i}", _figure(q)) for i, q in enumerate(found.random)),
    ]
    digits = quality.about.digits + 2 if quality.about.share else quality.about.digits
    spread = f"Mean by chance {np.mean(values):.{digits}f}, standard deviation {np.std(values, ddof=1):.{digits}f}."
    return (
        _table(("As much removed, before any fine-tune", f"{quality.metric}, validation"), rows)
        + f'<p class="note">{spread if len(values) > 1 else ""}</p>'
    )


def _seeds(found: Findings, recipe: Recipe | None) -> str:
    if recipe is None:
        return ""
    if len(found.seeds) < 2:
        return '<p class="note">The fine-tune was run with one seed; its spread over seeds was not measured.</p>'
    rows = [(seed, _figure(quality)) for seed, quality in sorted(found.seeds.items())]
    values = [quality.value for quality in found.seeds.values()]
    spread = f"Mean {np.mean(values):.4f}, standard deviation {np.std(values, ddof=1):.4f} over {len(values)} seeds."
    return _table(("Seed of the fine-tune", "Validation"), rows) + f'<p class="note">{spread}</p>'


def _curves(found: Findings) -> dict[str, Any]:
    shown = [quality for _, quality in (*found.curve, *found.curve_random)]
    scale, suffix = display_scale(shown), hover_format(shown)
    traces = []
    for name, points, colour in (("this plan", found.curve, PRUNED), ("by chance", found.curve_random, REMOVED)):
        ordered = sorted(points, key=lambda point: point[0])
        traces.append(
            {
                "type": "scatter",
                "name": name,
                "x": [100 * sparsity for sparsity, _ in ordered],
                "y": [scale * quality.value for _, quality in ordered],
                "mode": "lines+markers",
                "line": {"color": colour, "width": 2},
                "error_y": error_bars([quality for _, quality in ordered], scale),
                "hovertemplate": f"{name}: %{{y{suffix} at %{{x:.1f}} %<extra></extra>",
            }
        )
    axis = base_axis("light")
    line = {"color": INK["light"], "width": 1, "dash": "dot"}
    dense = scale * found.figures["dense"]["validation"].value
    return {
        "data": traces,
        "layout": {
            **base_layout("light", 360),
            "xaxis": {**axis, "range": [0, 101], "ticksuffix": " %", "title": {"text": "weights removed"}},
            "yaxis": {**axis, **value_axis(shown), "title": {"text": shown[0].metric if shown else ""}},
            "shapes": [{"type": "line", "x0": 0, "x1": 101, "y0": dense, "y1": dense, "line": line}],
        },
    }


def _beyond(found: Findings) -> list[str]:
    stages, changed = list(found.further), list(found.changes)
    more = [
        (
            each.metric,
            *(_figure(found.further[stage].more[place]) for stage in stages),
            *(_changed(found.changes[stage].more[place]) for stage in changed),
        )
        for place, each in enumerate(found.further[stages[0]].more)
    ]
    groups = [
        (
            f"{quality.metric}: {name}",
            *(_figure(found.further[stage].groups[name]) for stage in stages),
            *(_changed(found.changes[stage].groups[name]) for stage in changed),
        )
        for name, quality in found.further[stages[0]].groups.items()
    ]
    heads = ("Validation data", *stages, *(f"change, {stage}" for stage in changed))
    return [_table(heads, [*more, *groups])] if more or groups else ["<p>Nothing more here.</p>"]


def _costs(found: Findings) -> list[str]:
    kinds = list(next(iter(found.latency.values()), dict.fromkeys(found.parameters)))
    rows = [
        (
            kind,
            *(f"{counts[kind]:,}" if kind in counts else "as with zeros" for counts in (found.parameters, found.macs)),
            *(f"{t[kind].median:.3f} ({t[kind].low:.3f} to {t[kind].high:.3f})" for t in found.latency.values()),
        )
        for kind in kinds
    ]
    heads = ("Network", "Parameters", "MACs", *(f"ms for {batch}" for batch in found.latency))
    files = [(name, f"{count:,}") for name, count in found.files.items()]
    size = f" Operations and times are of an example of {found.usual}." if found.usual else ""
    reasons = "".join(f" Left out, {kind}: {why}" for kind, why in found.left_out.items())
    note = f"{found.effective:,} of the operations are not with a zero. Times: median and quartiles.{size}{reasons}"
    plain = [("dense network, plain", f"{found.whole:,}")] if found.whole else []
    return [
        _table(heads, rows),
        f'<p class="note">{html.escape(note)}</p>',
        _table(("File, really written and read back", "Bytes"), [*plain, *files]),
    ]


def _layers(pruned: Pruned) -> str:
    rows = [
        (
            each.name,
            " x ".join(map(str, each.shape)),
            f"{each.weights:,}",
            f"{each.kept:,}",
            f"{each.kept / each.weights:.1%}",
        )
        for each in pruned.layers
        if each.weights
    ]
    return _table(("Layer", "Shape", "Weights", "Kept", "Share kept"), rows)


def _machine(task: Task, found: Findings) -> list[tuple[str, str]]:
    packages = ("torch", "numpy", "safetensors", "torch-pruning", "torchmetrics", "plotly")
    return [
        ("Machine", f"{platform.system()} {platform.machine()}, {found.threads} processor threads"),
        ("Processor", processor()),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in packages),
        ("Model and data", task.info.origin),
    ]


def _limits(found: Findings) -> str:
    return (
        '<p class="note">Ranges hold the true figure with 95 % confidence: Wilson intervals for shares, bootstrap for '
        "the others; those of changes come of the same examples, judged before and after. They speak of other examples "
        "of the same kind, not of other trainings. Choices were made on "
        "validation data; test data was scored for this file alone. Latency is that of the machine named here, "
        "measured in turn after warm-up.</p>"
    )


def processor() -> str:
    """Name this machine's processor, as far as the system tells."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as told:
            names = {line.partition(":")[2].strip() for line in told if line.startswith("model name")}
    except OSError:
        names = set()
    return ", ".join(sorted(names)) or platform.processor() or "not told by the system"
