"""Doctor: the doctor's opinion as one self-contained page."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from wellfit.nouns.opinion import Opinion
from wellfit.verbs.report.figures import figures
from wellfit.verbs.report.template import rendered


def doctors_report(said: Opinion, page: Path) -> Path:
    """Write the page, whole or not at all, and say where it is. Raises OSError where it cannot be written."""
    beside = page.with_name(f".{page.name}.{os.getpid()}")
    try:
        beside.write_text(rendered("doctor.html", _content(said)), encoding="utf-8")
        os.replace(beside, page)
    finally:
        beside.unlink(missing_ok=True)
    return page


def _content(said: Opinion) -> dict[str, Any]:
    drawn, undrawn = figures(
        {"program_loss": said.loss, "attempts": said.attempts, "script_skill": said.reached, "skill_scale": said.scale}
    )
    wrong = [s for s in said.findings if s.finding.severity in ("error", "warning")]
    notes = [s for s in said.findings if s not in wrong]
    return {
        "said": said,
        "wrong": wrong,
        "notes": notes,
        "figures": drawn["doctor"],
        "undrawn": undrawn,
        "date": f"{datetime.now():%d %B %Y, %H:%M}",
    }
