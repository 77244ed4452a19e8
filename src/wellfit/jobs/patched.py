"""patched: the repair of what the doctor found, tried by running the program with it, written as a diff."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from wellfit.nouns.finding import Finding
from wellfit.nouns.opinion import Patched
from wellfit.nouns.program import Program
from wellfit.verbs.patch import Patch, Started, patch, words


def patched(program: Program, findings: Sequence[Finding], started: Started, fix: Path, out: Path | None) -> Patched:
    """Writes `fix` where edits helped and adds "patch" to the JSON in `out`; returned is what is to be said of it.
    Never raises: what fails is said in one line."""
    try:
        made = patch(program, findings, started)
        if made.diff:
            fix.write_bytes(made.diff.encode(made.encoding))
    except (Exception, KeyboardInterrupt) as error:
        made = Patch(said=[f"no patch: {type(error).__name__}: {error}"])
    if out is not None and out.exists():
        out.write_text(json.dumps({**json.loads(out.read_text()), "patch": _plain(made)}, indent=1))
    return words(made, fix)


def _plain(made: Patch) -> dict | None:
    """The patch in JSON types, None where there is none."""
    if not made.diff:
        return None
    name = made.after.name if made.after else ""
    figures = {k: m.value if m else None for k, m in (("before", made.before), ("after", made.after))}
    return {
        "diff": made.diff,
        "name": name,
        **figures,
        **{k: v for k, v in asdict(made).items() if k in ("faults", "runs")},
    }
