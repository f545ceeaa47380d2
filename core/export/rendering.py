"""Templates of what people take home: HTML escapes whatever is put into it, Markdown stays as it is."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plotly.io
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

FOLDER = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:
    """Fill a template of FOLDER. Raises UndefinedError where it asks for what is not given."""
    return _environment().get_template(template).render(values)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["chart"] = _chart
    return environment


def _chart(figure: Mapping[str, Any]) -> Markup:
    """Write a plotly figure, plain data, as HTML; plotly escapes what is in it."""
    config = {"displayModeBar": False, "responsive": True}
    return Markup(plotly.io.to_html(dict(figure), config, include_plotlyjs=False, full_html=False, validate=False))
