"""Choose: which of the proposed edits make the program do better, by running it with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wellfit.nouns import shelf
from wellfit.nouns.edit import Edits, diff, overlapping
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.verbs.patch.metric import Measure, better, common, end_of
from wellfit.verbs.patch.trial import Ran, Started, changed, run

MOST_RUNS = 8
"""Runs of a patched program at most."""


@dataclass(frozen=True)
class Proposal:
    """A repair of one fault: edits, how many times longer the program runs with them by intent, and whether they change
    what its loss is measured in (then losses before and after are not held against each other)."""

    fault: str
    edits: Edits
    slower: float = 1.0
    rescales: bool = False


@dataclass
class Patch:
    """What came of it. diff: "" where no edit helped; faults: repaired; before, after: the program's own figure; files:
    file -> (encoding); runs: how many; seconds: of the last good run; said: what was dropped and why."""

    diff: str = ""
    encoding: str = "utf-8"
    faults: list[str] = field(default_factory=list)
    before: Measure | None = None
    after: Measure | None = None
    runs: int = 0
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)


def proposals(program: Program, findings: Sequence[Finding]) -> list[list[Proposal]]:
    """For each finding that the shelf has an edit for, the alternatives to try, errors first."""
    found = []
    for finding in findings:
        word = finding.fault.replace("-", "_")
        if finding.severity not in ("error", "warning") or word not in shelf.names("edits"):
            continue
        module = shelf.module("edits", word)
        try:
            made = shelf.get("edits", word)(program, finding)
        except Exception as error:  # a stranger's source in a form not thought of
            program.trouble.append(f"no edit for {finding.fault} ({type(error).__name__}: {error})")
            continue
        several = made if isinstance(made, list) else [made]
        slower, rescales = getattr(module, "SLOWER", 1.0), getattr(module, "RESCALES", False)
        made = [Proposal(finding.fault, e, slower, rescales) for e in several if e and not overlapping(e)]
        if made:
            found.append(made)
    return found


def patch(program: Program, findings: Sequence[Finding], started: Started) -> Patch:
    """The edits that help, each tried by running the program with it: the first alone, then the others beside those
    kept; where none helps alone, all of them together."""
    result = Patch()
    open_ = proposals(program, findings)
    if not open_:
        faults = [f.fault for f in findings if f.severity in ("error", "warning")]
        return Patch(
            said=[f"no small edit is known for {', '.join(faults)}" if faults else "nothing was found to repair"]
        )
    asis = Ran([text for _, text in program.printed], list(program.curve), program.seconds, program.status)
    kept: list[Proposal] = []
    best = asis
    for alternatives in open_:
        tried = [(p, ran) for p in alternatives if (ran := _try([*kept, p], started, asis, result)) is not None]
        good = [(p, ran) for p, ran in tried if _helps(best, ran, p, result)]
        for p, ran in good:
            if best is asis or p.fault not in [k.fault for k in kept]:
                kept, best = [*kept, p], ran
            elif _helps(best, ran, p, result):
                kept, best = [*kept[:-1], p], ran
    if not kept and len(open_) > 1:
        together = [alternatives[0] for alternatives in open_]
        ran = _try(together, started, asis, result)
        if ran is not None and _helps(asis, ran, together[0], result):
            kept, best = together, ran
    kept, best = _needed(kept, best, started, asis, result)
    return _written(result, kept, asis, best, started)


def _needed(kept: list[Proposal], best: Ran, started: Started, asis: Ran, result: Patch) -> tuple[list[Proposal], Ran]:
    """Those kept without the ones that the later ones made needless."""
    for p in kept[:-1]:
        others = [k for k in kept if k is not p]
        ran = _try(others, started, asis, result) if others else None
        figures = _figures(ran, best, not p.rescales) if ran is not None else None
        if ran is not None and figures is not None and not better(*figures):
            result.said.append(f"the edit for {p.fault} was dropped: the others do as well without it")
            kept, best = others, ran
    return kept, best


def _try(chosen: list[Proposal], started: Started, asis: Ran, result: Patch) -> Ran | None:
    edits = tuple(dict.fromkeys(e for p in chosen for e in p.edits))
    if result.runs >= MOST_RUNS or overlapping(edits):
        result.said.append(f"the edit for {chosen[-1].fault} was not tried")
        return None
    slower = max(p.slower for p in chosen)
    ran = run(started, edits, asis.seconds, slower, asis.status)
    result.runs += 1
    if ran.trouble:
        result.said.append(f"the edit for {chosen[-1].fault} was dropped: {ran.trouble}")
        return None
    return ran


def _figures(old: Ran, new: Ran, losses_count: bool) -> tuple[Measure, Measure] | None:
    """The program's own figure before and after; the training loss where it prints none."""
    printed = common(old.printed, new.printed, losses_count)
    if printed is not None:
        return printed
    ends = end_of(old.curve), end_of(new.curve)
    return ends if losses_count and ends[0] is not None and ends[1] is not None else None  # type: ignore[return-value]


def _helps(old: Ran, new: Ran, p: Proposal, result: Patch) -> bool:
    figures = _figures(old, new, not p.rescales)
    if figures is None:
        result.said.append(f"the edit for {p.fault} was dropped: the program prints no figure to compare by")
        return False
    if better(*figures):
        return True
    result.said.append(
        f"the edit for {p.fault} was dropped: {figures[0].name} {figures[0].value:.4g} -> {figures[1].value:.4g}"
    )
    return False


def _written(result: Patch, kept: list[Proposal], asis: Ran, best: Ran, started: Started) -> Patch:
    """The result with its diff and figures."""
    if not kept:
        return result
    texts = changed(tuple(dict.fromkeys(e for p in kept for e in p.edits)))
    figures = _figures(asis, best, not any(p.rescales for p in kept))
    result.faults = [p.fault for p in kept]
    result.said = [s for s in result.said if not any(f"for {f} " in s for f in result.faults)]
    result.before, result.after = figures if figures else (None, None)
    result.seconds = best.seconds
    for file, (before, after, encoding) in texts.items():
        result.diff += diff(Path(os.path.relpath(file, started.cwd)).as_posix(), before, after)
        result.encoding = encoding.removesuffix("-sig")
    return result
