"""Templates of what people take home: HTML escapes whatever is put into it, Markdown stays as it is.

What is put in and can be translated is said in the language of the template's own sentences. Within a sentence, and
before it is joined to anything, the filter `said` does that.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import plotly.io
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from core.language import SOURCE, Text, catalogue, translate, translate_within

FOLDER = Path(__file__).parent / "templates"


def render(template: str, language: str = SOURCE, **values: Any) -> str:
    """Fill a template of FOLDER in a language. Raises UndefinedError where it asks for what is not given."""
    return _environment(language).get_template(template).render(values)


@functools.cache
def _environment(language: str) -> Environment:
    def said(value: Any) -> Any:
        return translate(language, value) if isinstance(value, Text) else value

    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
        finalize=said,
    )
    known = catalogue(language)
    environment.install_gettext_callables(known.gettext, known.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(said=said, chart=functools.partial(_chart, language))
    environment.globals["language"] = language
    return environment


def _chart(language: str, figure: Mapping[str, Any]) -> Markup:
    """Write a plotly figure, plain data, as HTML; plotly escapes what is in it."""
    config = {"displayModeBar": False, "responsive": True}
    shown = translate_within(language, dict(figure))
    return Markup(plotly.io.to_html(shown, config, include_plotlyjs=False, full_html=False, validate=False))
