"""Figures: every chart on the shelf that has what it needs, as SVG, by section of the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wellfit.nouns import shelf
from wellfit.nouns.drawing import svg
from wellfit.verbs.report.words import prose

SECTIONS = ("summary", "data", "network", "training", "inside", "test", "doctor", "search")


def figures(have: Mapping[str, Any]) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[str, str]]]:
    """({section: [{"word", "title", "caption", "svg"}]}, [(word, why)] of charts that failed and were left out).

    A chart says its place in SECTION and ORDER beside the function; one that names no section of the page, as a
    stranger's plug-in may, comes under "more".
    """
    from markupsafe import Markup

    found: dict[str, list[tuple[float, dict[str, Any]]]] = {section: [] for section in (*SECTIONS, "more")}
    failed = []
    for word in shelf.names("charts"):
        try:
            place = shelf.module("charts", word)
            chart = shelf.serve(shelf.get("charts", word), have)
            if chart is None:
                continue
            drawn = {
                "word": word,
                "title": chart.title,
                "caption": prose(chart.caption),
                "svg": Markup(svg(chart, word)),
            }
        except Exception as error:  # a plug-in's fault must not cost the reader the rest of the page
            failed.append((word, f"{type(error).__name__}: {error}"))
            continue
        section = getattr(place, "SECTION", "more")
        found[section if section in found else "more"].append((getattr(place, "ORDER", 1000), drawn))
    return {section: [d for _, d in sorted(group, key=lambda g: g[0])] for section, group in found.items()}, failed
