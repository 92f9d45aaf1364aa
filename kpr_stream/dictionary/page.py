"""The dictionary as one self-contained HTML page, light and dark. Pure."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from kpr_stream.dictionary.model import Dictionary


def as_html(whole: Dictionary) -> str:
    """Return the page: HTML with its style inside, and nothing that must be fetched."""
    folder = files("kpr_stream.dictionary")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(folder.joinpath("page.html.j2").read_text("utf-8"))
    style = folder.joinpath("style.css").read_text("utf-8")
    return template.render(whole=whole, style=style) + "\n"
