"""Study: a search as one self-contained page, from the objects that its folder keeps as files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from wellfit.nouns.attempt import short as said
from wellfit.nouns.run import write_aside
from wellfit.verbs.report.figures import figures
from wellfit.verbs.report.template import rendered

STUDY = "study.html"
MOST = 200
"""Trials in the table."""


def study_page(folder: Path, facts: Mapping[str, Any]) -> Path:
    """Write the page, whole or not at all, and say where it is.

    facts: name, summary, beaten, trials (Attempts), space, importance [(axis, share)], comparisons, luck, recipe (TOML),
    changes [(key, before, after)]. Raises RunError where it cannot be written.
    """
    have = {"search_trials": facts["trials"], "search_space": facts["space"], "search_importance": facts["importance"]}
    drawn, undrawn = figures(have)
    shown = sorted(facts["trials"], key=lambda a: (not a.whole, a.loss, a.number))[:MOST]
    shown = [replace(a, values={k: said(v) for k, v in a.values.items()}) for a in shown]
    content = {**facts, "shown": shown, "folder": folder, "figures": drawn["search"], "undrawn": undrawn}
    page = rendered("study.html", content)
    write_aside(folder / STUDY, page.encode())
    return folder / STUDY
