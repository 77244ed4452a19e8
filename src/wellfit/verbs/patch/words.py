"""Words: what came of a patch, for the doctor's opinion."""

from __future__ import annotations

import os
from pathlib import Path

from wellfit.nouns.opinion import Patched
from wellfit.nouns.units import duration, figure
from wellfit.verbs.patch.choose import Patch


def words(made: Patch, fix: Path) -> Patched:
    """The diff, its file as seen from here, the figure before and after; or why there is none."""
    said = tuple(dict.fromkeys(made.said))
    if not made.diff:
        return Patched(said=(f"none: {'; '.join(said) or 'nothing to repair'}",))
    told = ""
    if made.before is not None and made.after is not None:
        name = made.after.name if made.after.name.startswith("metric") else f"metric {made.after.name}"
        runs = "once" if made.runs == 1 else f"in {made.runs} forms"
        old, new = figure(made.before.value), figure(made.after.value)
        told = f"{name} {old} -> {new} (patched program run {runs}, the last took {duration(made.seconds)})"
    file = os.path.relpath(fix) if fix.is_relative_to(Path.cwd()) else str(fix)
    return Patched(file, made.diff, tuple(made.faults), told, said)
