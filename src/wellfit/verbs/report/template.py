"""Template: one of this folder's pages, filled in, with its style inside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wellfit.nouns import units
from wellfit.verbs.report.words import breakable, label, plain, prose


def rendered(name: str, facts: Mapping[str, Any]) -> str:
    """The page as HTML: no scripts, nothing fetched, everything of the user's escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    here = Path(__file__).parent
    loader = Environment(
        loader=FileSystemLoader(here), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    loader.filters |= {
        "count": units.count,
        "figure": units.figure,
        "percent": units.percent,
        "duration": units.duration,
        "label": label,
        "prose": prose,
        "plain": plain,
        "breakable": breakable,
    }
    sheets = ["report.css", *(["learnt.css"] if facts.get("learnt") else [])]
    style = "".join((here / sheet).read_text(encoding="utf-8") for sheet in sheets)
    return loader.get_template(name).render(**facts, style=Markup(style))
