"""Conclude: weigh clues and trials: confirmed, refuted, explained away by another; order and status."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import mean

from wellfit.nouns import shelf
from wellfit.nouns.finding import Finding, by_weight
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Trial, Trials
from wellfit.nouns.units import figure, percent

CLOSES = 0.55
"""Share of the gap that a change must close to count as a cause."""
SUPPORTED = 0.3
"""The same where a clue speaks for it too, and where nothing closes more."""
REFUTED = 0.15
"""A change that closes less than this share speaks against its fault."""
NEAR = 0.1
"""Changes within this of the best one are as good."""
EXPLAINS = {
    "zero-grad-missing": ("lr-too-high", "gradient-clipping-missing", "optimizer-unsuitable"),
    "gradients-cleared": (
        "step-missing",
        "lr-too-low",
        "optimizer-unsuitable",
        "zero-grad-missing",
        "init-unsuitable",
        "epochs-too-few",
    ),
    "step-missing": ("lr-too-low", "optimizer-unsuitable", "epochs-too-few"),
    "data-nonfinite": ("lr-too-high", "gradient-clipping-missing", "optimizer-unsuitable"),
    "output-activation-unsuitable": (
        "lr-too-low",
        "optimizer-unsuitable",
        "epochs-too-few",
        "init-unsuitable",
        "capacity-too-small",
    ),
    "shape-broadcast": ("lr-too-low", "optimizer-unsuitable", "capacity-too-small"),
    "dimension-wrong": ("lr-too-low", "optimizer-unsuitable", "epochs-too-few"),
    "loss-unsuitable": ("lr-too-low", "lr-too-high", "optimizer-unsuitable"),
    "normalization-layer-misused": (
        "regularization-missing",
        "capacity-too-large",
        "lr-too-high",
        "optimizer-unsuitable",
    ),
    "mode-wrong": ("regularization-missing", "capacity-too-large", "capacity-too-small"),
    "init-unsuitable": (
        "lr-too-low",
        "lr-too-high",
        "optimizer-unsuitable",
        "epochs-too-few",
        "activation-unsuitable",
        "capacity-too-small",
        "gradient-clipping-missing",
    ),
    "activation-unsuitable": ("lr-too-low", "optimizer-unsuitable", "epochs-too-few", "capacity-too-small"),
    "regularization-too-strong": ("lr-too-low", "optimizer-unsuitable", "epochs-too-few", "capacity-too-small"),
    "parameters-missing": (
        "lr-too-low",
        "optimizer-unsuitable",
        "epochs-too-few",
        "init-unsuitable",
        "capacity-too-small",
    ),
    "graph-detached": (
        "parameters-missing",
        "lr-too-low",
        "optimizer-unsuitable",
        "epochs-too-few",
        "capacity-too-small",
    ),
    "data-not-shuffled": ("lr-too-high", "optimizer-unsuitable", "lr-too-low", "batch-size-too-small"),
    "labels-misaligned": (
        "regularization-missing",
        "epochs-too-many",
        "capacity-too-large",
        "capacity-too-small",
        "lr-too-low",
        "lr-too-high",
        "optimizer-unsuitable",
        "epochs-too-few",
    ),
    "layout-scrambled": ("capacity-too-small", "lr-too-low", "optimizer-unsuitable", "epochs-too-few"),
    "augmentation-unsuitable": ("capacity-too-small", "epochs-too-few"),
    "labels-encoding": ("regularization-missing", "epochs-too-many", "capacity-too-large", "labels-misaligned"),
    "inputs-unscaled": ("lr-too-high", "lr-too-low", "optimizer-unsuitable", "gradient-clipping-missing"),
    "targets-unscaled": ("lr-too-high", "lr-too-low", "optimizer-unsuitable", "gradient-clipping-missing"),
    "loss-scale": ("lr-too-high", "lr-too-low", "optimizer-unsuitable", "gradient-clipping-missing"),
    "lr-too-high": ("gradient-clipping-missing", "optimizer-unsuitable", "loss-scale"),
    "gradient-clipping-missing": ("lr-too-high", "optimizer-unsuitable"),
    "lr-schedule-unsuitable": ("lr-too-low", "lr-too-high", "epochs-too-few", "optimizer-unsuitable"),
    "lr-too-low": ("epochs-too-few", "loss-scale"),
    "optimizer-unsuitable": ("lr-too-low", "lr-too-high", "epochs-too-few"),
    "batch-size-too-large": ("lr-too-low",),
    "epochs-too-few": ("lr-too-low", "optimizer-unsuitable"),
}
"""A proved fault -> faults that it may look like; those are not reported behind it."""


INSTEAD = ("stand_in",)
"""Remedies that put another network in the place of the script's: they prove something where no change to its own helps and no
fact of the run speaks for another fault."""
TOGETHER, GAINS = "all the usual cures at once", 0.12
"""The omnibus control's note, and the skill with which it has helped (as in verbs/trials)."""
REAL = 0.25
"""Skill that a change must reach to be a cause that no clue speaks for."""
STRONG, WIDE = 0.7, 0.2
"""Confidence of a suspicion, and the gap in skill, with which it stands where there was no time to try its cure."""
CERTAIN = 0.5
"""Gap in skill that no sound program has shown: with it something is wrong, even where no change alone is the cause."""
EXPLODING, LAST = ("lr-too-high", "gradient-clipping-missing", "inputs-unscaled", "targets-unscaled", "loss-scale"), 8
"""Faults that can make a loss infinite, and how many losses at the end are looked at."""
STANDS = {"loss-unsuitable": 0.6, "targets-unscaled": 0.6, "inputs-unscaled": 0.8, "lr-too-low": 0.95}
"""Fault -> confidence from which a clue's warning stays one beside a proved fault though no trial confirmed it: a fact of
the program that another fault may hide in every trial."""
BESIDE = ("regularization-too-strong", "labels-misaligned", "labels-encoding", "loss-unsuitable", "dimension-wrong",
          "output-activation-unsuitable", "activation-unsuitable", "layout-scrambled", "augmentation-unsuitable",
          "shape-broadcast")  # fmt: skip
"""Faults that keep a network from learning though its weights move: a warning that stands is not explained by them."""


def conclude(program: Program, clues: list[Finding], trials: Trials) -> tuple[str, list[Finding]]:
    """("healthy" | "faulty" | "crashed", findings by how sure they are)."""
    facts = {clue.fault for clue in clues if clue.severity == "error"}
    if facts:  # another network learns whatever the fact is
        trials = replace(trials, tried=[t for t in trials.tried if t.word not in INSTEAD])
    best = max((t.closed for t in trials.tried if not t.on), default=0.0)
    found = [said for clue in clues if (said := _weighed(clue, trials, best)) is not None]
    proved = {f.fault for f in found if f.severity == "error"}
    if not any(clue.severity == "error" for clue in clues):  # what trials alone proved may be one cause of several
        found += _by_trial(program, trials, best, {f.fault for f in found}, bool(proved))
        proved = {f.fault for f in found if f.severity == "error"}
    if not any(f.severity == "error" for f in found):
        found = [f if f.fault not in STANDS else replace(f, severity="info") for f in found]
        found = _unfinite(program, _unexplained(_untested(found, clues, trials), clues, trials), clues)
    found = _explained(_each_once(by_weight(found)), facts, trials)
    status = "faulty" if any(f.severity == "error" for f in found) else "crashed" if program.crash else "healthy"
    return status, found


def _untested(found: list[Finding], clues: list[Finding], trials: Trials) -> list[Finding]:
    """Where the trials show that something is wrong (all the usual cures together do much better than the script) but
    time ran out before the cure of the strongest suspicion was tried, that suspicion stands."""
    known = trials.reached is not None and trials.reached == trials.reached
    tested = {fault for t in trials.tried for fault in t.faults}
    open_ = [c for c in clues if c.severity == "warning" and c.confidence >= STRONG and c.fault not in tested]
    if not open_ or not known or (trials.gap or 0.0) < WIDE:
        return found
    strongest = max(open_, key=lambda c: c.confidence)
    seen = f"; the script reached a skill of {figure(trials.reached or 0.0, 2)}, all the usual cures at once reach "
    evidence = strongest.evidence + seen + f"{figure(trials.omnibus[0].skill, 2)} (no time to try this one alone)"
    proved = replace(strongest, severity="error", confidence=0.85 * strongest.confidence, evidence=evidence)
    return [proved, *(f for f in found if f.fault != strongest.fault)]


def _unexplained(found: list[Finding], clues: list[Finding], trials: Trials) -> list[Finding]:
    """Where the usual cures together make nearly all the difference and no change alone was shown to (several faults that
    hide one another, or too little time), the strongest suspicion that no trial refuted stands (not that
    the network is too small: with the cures it learns)."""
    gap = trials.gap or 0.0
    if gap < CERTAIN or not trials.omnibus or trials.by_loss or any(f.severity == "error" for f in found):
        return found
    closed = {c.fault: max((t.closed for t in trials.tried if c.fault in t.faults), default=1.0) for c in clues}
    left = [
        c for c in clues if c.severity != "error" and closed[c.fault] >= REFUTED and c.fault != "capacity-too-small"
    ]
    if not left:
        return found
    strongest = max(left, key=lambda c: c.confidence)
    seen = f"; all the usual cures at once reach a skill of {figure(trials.omnibus[0].skill, 2)}, {figure(gap, 2)} more than "
    evidence = (
        strongest.evidence + seen + "the script; none alone was shown to be the cause, this is the strongest suspicion"
    )
    proved = replace(strongest, severity="error", confidence=0.6 * strongest.confidence, evidence=evidence)
    return [proved, *(f for f in found if f.fault != strongest.fault)]


def _unfinite(program: Program, found: list[Finding], clues: list[Finding]) -> list[Finding]:
    """A loss that ended as no number is a fault whatever the trials say: the strongest suspicion among those that can
    make it so stands."""
    last = [v for _, v in program.curve[-LAST:]]
    if program.crash or any(f.severity == "error" for f in found) or not last or any(map(math.isfinite, last)):
        return found
    able = [c for c in clues if c.fault in EXPLODING]
    if not able:
        return found
    strongest = max(able, key=lambda c: c.confidence)
    proved = replace(strongest, severity="error", evidence=f"{strongest.evidence}; the loss ended as no number")
    return [proved, *(f for f in found if f.fault != strongest.fault)]


def _weighed(clue: Finding, trials: Trials, best: float) -> Finding | None:
    """A clue in the light of the trials of its cure."""
    able = [t for t in trials.tried if t.word not in INSTEAD or _hopeless(trials)]
    trial = max((t for t in able if clue.fault in t.faults), key=lambda t: t.closed, default=None)
    if trial is not None and trial.closed >= SUPPORTED and trial.gain >= _least(trial):
        return replace(
            clue,
            severity="error",
            evidence=_joined(clue, trial, trials),
            confidence=0.9 + 0.05 * clue.confidence + 0.04 * min(trial.closed, 1.0),
        )
    if clue.severity == "error" or clue.confidence >= STANDS.get(clue.fault, 2.0):
        return clue
    if trial is not None and trial.closed < REFUTED:
        return None
    return replace(clue, severity="info", confidence=0.4 * clue.confidence)


def _hopeless(trials: Trials) -> bool:
    """Did no change to the script's own network help, neither alone nor all the usual ones together?"""
    alone = max((t.closed for t in trials.tried if t.word not in INSTEAD and not t.on), default=0.0)
    together = [o.skill for o in trials.omnibus if o.note == TOGETHER]
    base = (
        [o.skill for o in trials.asis] + [trials.reached]
        if trials.reached is not None
        else [o.skill for o in trials.asis]
    )
    best = max((x for x in base if x == x), default=0.0)
    return alone < SUPPORTED and all(x - max(best, 0.0) < GAINS for x in together)


def _least(trial: Trial) -> float:
    """Skill that this remedy must gain to prove its fault."""
    return getattr(shelf.module("remedies", trial.word), "LEAST", 0.0)


def _by_trial(program: Program, trials: Trials, best: float, known: set[str], sure: bool) -> list[Finding]:
    """Findings from trials alone: the change that closes the gap, and those as good."""
    found = []
    done: set[str] = set()
    for trial in trials.tried:
        fault = trial.faults[0]
        limit = min(CLOSES, max(best, SUPPORTED))
        if trial.closed < (CLOSES if trial.on else max(limit, best - NEAR)) or fault in known or fault in done:
            continue
        if mean(o.skill for o in trial.outcomes) < REAL and not trials.by_loss and not trial.on:
            continue  # it learns next to nothing with it either: the targets may not be what it is to predict
        if sure and fault.replace("-", "_") in shelf.names("clues"):
            continue  # its own clue sees nothing, and another fault is confirmed
        if not getattr(shelf.module("remedies", trial.word), "ALONE", True):
            continue  # it helps nearly every program: proof of a clue only
        done.add(fault)
        place = getattr(shelf.module("remedies", trial.word), "place", None)
        site = shelf.serve(place, {"program": program, "trial": trial}) if place else None
        top = trial.on or trial.closed >= best - 1e-9
        found.append(Finding(
            fault, "error" if top else "warning", f"it learns once this is changed: {trial.note}",
            _measured(trial, trials), (shelf.get("remedies", trial.word).__doc__ or "").strip(),
            min(0.9, 0.5 + 0.4 * trial.closed) - (0.1 if trial.on else 0.0 if top else 0.2), None,
            site.file if site else None, site.line if site else None, source="trials on copies of the program",
        ))  # fmt: skip
    return found


def _explained(found: list[Finding], facts: set[str], trials: Trials) -> list[Finding]:
    """Without those that a proved fault before them explains away, or, wherever it stands, a fact of the run: a trial
    that helps beside a fact (training on, where most gradients are thrown away) does not outweigh it. A fault whose
    cure closes the gap while the fact is still there and the fact's own cure does not is a second one, and stays."""
    proved = [(i, f) for i, f in enumerate(found) if f.severity == "error"]

    def hides(j: int, by: Finding, i: int, f: Finding) -> bool:
        own = f.severity == "error" and by.fault in facts and _alone(trials, f.fault) >= CLOSES
        second = own and _tried(trials, by.fault) and _alone(trials, by.fault) < REFUTED
        fact = by.fault in facts and f.fault not in facts
        beside = f.confidence >= STANDS.get(f.fault, 2.0) and by.fault in BESIDE
        return f.fault in EXPLAINS.get(by.fault, ()) and not second and not beside and (j < i or fact)

    def hidden(i: int, f: Finding) -> bool:
        for j, by in proved:
            if hides(j, by, i, f) and not (f.fault in facts and by.fault not in facts and hides(i, f, j, by)):
                return True  # of two that explain each other, the fact stays
        return False

    return [f for i, f in enumerate(found) if not hidden(i, f)]


def _tried(trials: Trials, fault: str) -> bool:
    return any(fault in t.faults and not t.on for t in trials.tried)


def _alone(trials: Trials, fault: str) -> float:
    """Share of the gap that the best cure of this fault closes, nothing else changed."""
    return max((t.closed for t in trials.tried if fault in t.faults and not t.on), default=0.0)


def _measured(trial: Trial, trials: Trials) -> str:
    asis = figure(trials.asis[0].skill, 2) if trials.asis else "?"
    if trial.on == "all the other cures":
        return (
            f"{trials.scale}: as it stands {asis}, all the usual cures at once "
            f"{figure(trials.omnibus[0].skill, 2)}, all of them but this one {figure(trial.outcomes[0].skill, 2)}"
        )
    before = f"with {trial.on.replace('_', ' ')} in place, " if trial.on else ""
    seeds = ", ".join(figure(o.skill, 2) for o in trial.outcomes)
    return (
        f"{trials.scale}: as it stands {asis}, {before}{trial.note} {seeds} "
        f"after {trial.outcomes[0].steps} steps; all the usual cures at once {figure(trials.omnibus[0].skill, 2)}; "
        f"closes {percent(min(trial.closed, 1.0), 0)} of the gap"
    )


def _joined(clue: Finding, trial: Trial, trials: Trials) -> str:
    return f"{clue.evidence}; confirmed: {_measured(trial, trials)}"


def _each_once(findings: list[Finding]) -> list[Finding]:
    kept: dict[str, Finding] = {}
    for f in findings:
        kept.setdefault(f.fault, f)
    return list(kept.values())
