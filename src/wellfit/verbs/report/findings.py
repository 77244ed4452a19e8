"""Findings: checks and findings as the page tells them, with the cure as a line to copy."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from wellfit.nouns.finding import Finding, by_weight
from wellfit.nouns.run import Run

RESULTS = {"ok": ("✓", "pass"), "info": ("i", "note"), "warning": ("!", "warn"), "error": ("✕", "fail")}


def checks(run: Run) -> list[dict[str, Any]]:
    """The checks before training, in their order: {"finding", "sign", "result"}."""
    return [
        {"finding": f, "sign": RESULTS[f.severity][0], "result": RESULTS[f.severity][1]}
        for f in run.findings
        if f.stage == "check"
    ]


def noticed(run: Run) -> list[Finding]:
    """What was noticed while reading the data and needs no remedy."""
    return [f for f in run.findings if f.stage == "data" and f.severity in ("ok", "info")]


def findings(run: Run) -> list[Finding]:
    """What wants a look, the weightiest first; passed checks, notes on the data and the verdict stand elsewhere."""
    told = noticed(run)
    return by_weight([f for f in run.findings if f.severity != "ok" and f.stage != "verdict" and f not in told])


def snippet(finding: Finding, told: Mapping[str, Any]) -> str:
    """The shell command that runs again with the finding's change; "" where it has none, or one that is no recipe's."""
    words = [_word(key, value) for key, value in finding.change.items() if "." in key]
    if not words:
        return ""
    changes = " ".join(f"--set {shlex.quote(word)}" for word in words)
    return f"wellfit fit {told['source']} --recipe {told['path']}/recipe.toml {changes}"


def _word(key: str, value: Any) -> str:
    """`key=value` with the value in TOML; a plain string bare."""
    return f"{key}={value if isinstance(value, str) else json.dumps(value, separators=(',', ':'))}"
