"""Facts: what the page of one run shows beside its curves."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

from wellfit.nouns.explained import FOLDER as EXPLAINED
from wellfit.nouns.finding import SEVERITIES
from wellfit.nouns.run import FINDINGS, RECIPE, RESULT
from wellfit.page.files import content, stamp
from wellfit.page.runs import Runs

REPORT = "report.html"
WATCHED = (RECIPE, "environment.json", FINDINGS, RESULT, "data.json", REPORT, EXPLAINED)
"""Files whose change changes the page; readings are followed by themselves."""
SIGNS = {"ok": "✓", "info": "i", "warning": "!", "error": "✕"}
SPELT = {"lr": "learning rate", "nonfinite": "not finite", "init": "initialisation"}


def state(runs: Runs, name: str, folder: Path) -> tuple[Any, ...]:
    """What tells that the page has to be told anew: the files' stamps and the status."""
    return (*(stamp(folder, word) for word in WATCHED), runs.row(name, folder)["status"])


def run_facts(runs: Runs, name: str, folder: Path) -> dict[str, Any]:
    """{"run": the list's row, "findings", "checks", "recipe", "report", "explained"}."""
    found, recipe = runs.findings(folder), content(folder, RECIPE)
    told = [_finding(f) for f in found or []]
    wrong = [f for f in told if f["severity"] != "ok" and f["stage"] != "verdict"]
    return {
        "run": runs.row(name, folder) | {"path": str(folder), "quoted": shlex.quote(str(folder))},
        "verdict": next((f for f in told if f["stage"] == "verdict"), None),
        "findings": sorted(wrong, key=lambda f: (SEVERITIES.index(f["severity"]), -f["confidence"])),
        "checks": [f for f in told if f["stage"] == "check"],
        "damaged": found is None,
        "recipe": "" if recipe is None else recipe.decode(errors="replace"),
        "report": stamp(folder, REPORT) is not None,
        "explained": explained(folder),
    }


def explained(folder: Path) -> list[str]:
    """Pages that `wellfit explain` has written, by name."""
    try:
        names = sorted(os.listdir(folder / EXPLAINED))
    except OSError:
        return []
    pages = [n.removesuffix(".html") for n in names if re.fullmatch(r"[\w .-]+\.html", n) and not n.startswith(".")]
    return [p for p in pages if f"{p}.json" not in names]  # else it is a part of the page, without its style


def _finding(f: dict[str, Any]) -> dict[str, Any]:
    """A finding of any version, with everything that the page asks for."""
    severity = f.get("severity") if f.get("severity") in SEVERITIES else "info"
    confidence = f.get("confidence")
    readings = [r for r in f.get("readings") or () if isinstance(r, dict) and isinstance(r.get("name"), str)]
    return {
        **{key: str(f.get(key) or "") for key in ("summary", "evidence", "remedy", "source", "stage")},
        "severity": severity,
        "sign": SIGNS[str(severity)],
        "title": label(str(f.get("fault") or "finding")),
        "confidence": float(confidence) if isinstance(confidence, int | float) else 1.0,
        "limit": f.get("limit") if isinstance(f.get("limit"), int | float) else None,
        "step": f.get("step") if isinstance(f.get("step"), int) else None,
        "place": f"{f['file']}:{f['line']}" if f.get("file") and f.get("line") else str(f.get("file") or ""),
        "readings": [{"name": r["name"], "where": str(r.get("where") or "")} for r in readings],
        "change": f.get("change") if isinstance(f.get("change"), dict) else {},
    }


def label(fault: str) -> str:
    """A label as a title: "lr-too-high" -> "Learning rate too high"."""
    said = " ".join(SPELT.get(word, word) for word in fault.replace("_", "-").split("-"))
    return said[:1].upper() + said[1:]
