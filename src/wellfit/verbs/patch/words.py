"""Words: what came of a patch, for the terminal."""

from __future__ import annotations

from pathlib import Path

from wellfit.nouns.units import duration, figure
from wellfit.verbs.patch.choose import Patch


def words(made: Patch, fix: Path) -> list[str]:
    """The diff's path, its changed lines, the figure before and after; or one line that says why there is none."""
    if not made.diff:
        why = "; ".join(dict.fromkeys(made.said)) or "nothing to repair"
        return [f"no patch: {why}"]
    rows = [row.rstrip("\r\n") for row in made.diff.splitlines() if row[:1] in "+-" and row[:3] not in ("+++", "---")]
    lines = [f"patch · {', '.join(made.faults)} · {fix}", *(f"    {row}" for row in rows)]
    if made.before is not None and made.after is not None:
        name = made.after.name if made.after.name.startswith("metric") else f"metric {made.after.name}"
        count = "once" if made.runs == 1 else f"in {made.runs} forms"
        old, new = figure(made.before.value), figure(made.after.value)
        lines.append(f"    {name} {old} -> {new} (patched program run {count}, the last took {duration(made.seconds)})")
    return lines + [f"    {text}" for text in dict.fromkeys(made.said)]
