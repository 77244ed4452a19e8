"""report: one self-contained page about a run, made from the files of its folder alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wellfit.nouns.collector import still
from wellfit.nouns.run import Run
from wellfit.verbs.report.doctor import doctors_report
from wellfit.verbs.report.evidence import FACTS, evidence
from wellfit.verbs.report.figures import figures
from wellfit.verbs.report.findings import checks, findings, noticed, snippet
from wellfit.verbs.report.learnt import explanation
from wellfit.verbs.report.pictures import examples, mistakes, varied
from wellfit.verbs.report.study import study_page
from wellfit.verbs.report.summary import summary
from wellfit.verbs.report.tables import carried, columns, environment, layers, metrics, splits
from wellfit.verbs.report.template import rendered
from wellfit.verbs.report.texts import written

__all__ = ["REPORT", "content", "doctors_report", "page", "report", "study_page"]

REPORT = "report.html"


def report(run: Run) -> Path:
    """Write report.html into the run's folder, whole or not at all, and say where it is.

    A run that was interrupted, or has no test yet, gets a report of what there is. Raises RunError where a file of
    the run is damaged or the report cannot be written.
    """
    return run.write(REPORT, page(run).encode())


def page(run: Run) -> str:
    """The report as HTML: no scripts, nothing fetched, everything of the user's escaped."""
    with still():  # matplotlib is loaded on the way
        return rendered("report.html", content(run))


def content(run: Run) -> dict[str, Any]:
    """Everything that the page shows, by name."""
    have = evidence(run)
    told = summary(run, have)
    told["snippet"] = snippet(told["verdict"], told) if told["verdict"] else ""
    drawn, undrawn = figures({**have, "headline": told["headline"]})
    return {
        "run": told,
        "facts": {**dict.fromkeys(FACTS), **have},
        "figures": drawn,
        "undrawn": undrawn,
        "splits": splits(have),
        "columns": columns(have),
        "examples": examples(have),
        "varied": varied(have),
        "layers": layers(have),
        "carried": carried(have),
        "checks": checks(run),
        "noticed": noticed(run),
        "findings": [{"finding": f, "snippet": snippet(f, told)} for f in findings(run)],
        "metrics": metrics(have),
        "mistakes": mistakes(have),
        "written": written(have),
        "learnt": explanation(run),
        "recipe": (run.path / "recipe.toml").read_text(encoding="utf-8"),
        "environment": environment(run),
    }
