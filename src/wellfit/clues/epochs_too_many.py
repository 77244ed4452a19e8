"""The training went on long past its best."""

from __future__ import annotations

from statistics import median

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import loop
from wellfit.nouns.pace import Pace, judged
from wellfit.nouns.program import Program
from wellfit.nouns.units import figure, percent

EARLY = 0.4
"""The best evaluation came in this first part of the training."""
WORSE = 1.4
"""Times its best that the evaluation's loss has risen to."""
HARM = 0.05
"""Of the targets' variance: what a rise must cost at least, for values."""
KEEPING = ("load_state_dict", "deepcopy")
"""Calls by which a program goes back to its best weights."""


def epochs_too_many(program: Program) -> Finding | None:
    """Sees: evaluations whose loss was best early, rose by 40 % since and, between classes, stands above where it
    began, while the training loss kept falling.
    Hurts: what is kept is worse than what was there once.
    Mistaken for: regularization-missing and capacity-too-large, which look the same; a noisy evaluation.
    Remedy: stop by the validation loss and keep the best weights.
    Source: Prechelt 1998, Early Stopping - but when?; seen in the run, no trial needed."""
    main, pace, series = program.main, Pace(program), judged(program)
    if main is None or len(series) < 6 or not pace.finite or pace.end <= 0:
        return None
    if any(True for source in program.sources.values() for _ in source.calls(*KEEPING)):
        return None
    values = [v for _, v in series]
    smooth = [median(values[max(0, i - 1) : i + 2]) for i in range(len(values))]
    at = min(range(len(smooth)), key=smooth.__getitem__)
    best, last = smooth[at], median(values[-3:])
    if series[at][0] > EARLY * main.steps or best <= 0 or last < WORSE * best or pace.end > 0.6 * last:
        return None
    if program.task in ("classes", "binary") and last < values[0]:
        return None  # too sure, but perhaps not worse at telling them apart
    target = program.loss.look(program.loss.target) if program.loss else None
    if program.task == "regression" and (target is None or last - best < HARM * (target.std or 0.0) ** 2):
        return None
    site = loop(program)
    return Finding(
        "epochs-too-many", "error", "the training went on long past its best",
        f"the evaluation's loss was {figure(best)} after {percent(series[at][0] / main.steps, 0)} of the training and "
        f"is {figure(last)} at the end, while the training loss fell to {figure(pace.end)}",
        "stop by the validation loss, keep the best weights", 0.8, series[at][0],
        site.file if site else None, site.line if site else None, limit=WORSE, source="Prechelt 1998; seen in the run",
    )  # fmt: skip
