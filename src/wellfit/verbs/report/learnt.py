"""What `wellfit explain` has written of a run, for its report: the same pictures, one level of headings further down."""

from __future__ import annotations

import json
import re
from typing import Any

from wellfit.nouns.explained import FOLDER, WORDS
from wellfit.nouns.run import Run

MOST_BYTES = 2_200_000
"""Of all parts together, so that a report stays light enough to mail (3 MB): what would be beyond is told, not shown."""


def explanation(run: Run) -> list[dict[str, Any]]:
    """[{"word", "title", "body": its HTML, "" where there is no room left}] in the order of the page; a part whose files
    are not whole is none."""
    found, left = [], MOST_BYTES
    for word in WORDS:
        file = run.path / FOLDER / f"{word}.html"
        try:
            told = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
            body = file.read_text(encoding="utf-8")
            title = str(told["title"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        shown = len(body.encode()) <= left
        left -= len(body.encode()) if shown else 0
        found.append({"word": word, "title": title, "body": _lower(body) if shown else ""})
    return found


def _lower(body: str) -> str:
    """Headings one level further down: the part itself stands under the chapter."""
    return re.sub(r"(</?h)([3-5])(?=[ >])", lambda m: f"{m[1]}{int(m[2]) + 1}", body)
