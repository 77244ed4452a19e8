"""The training went on long past its best."""

from __future__ import annotations

from statistics import median

from wellfit.nouns.finding import Finding
from wellfit.nouns.kept import by_reference
from wellfit.nouns.locate import loop
from wellfit.nouns.pace import Pace, judged, printed_too
from wellfit.nouns.program import Program
from wellfit.nouns.units import figure, percent

EARLY = 0.4
"""The best evaluation came in this first part of the training."""
WORSE = 1.4
"""Times its best that the evaluation's loss has risen to."""
LATE, SLIGHTLY = 0.85, 1.1
"""The same two where the program itself means to go back to the best weights, and kept them by reference."""
BY_NAME = "the best weights are kept by reference, so that the last ones are loaded: the training goes on past its best"
HARM = 0.05
"""Of the targets' variance: what a rise must cost at least, for values."""
KEEPING = ("load_state_dict", "deepcopy")
"""Calls by which a program goes back to its best weights."""


def epochs_too_many(program: Program) -> Finding | None:
    """Sees: evaluations whose loss was best early, rose by 40 % since and, between classes, stands above where it
    began, while the training loss kept falling.
    Or an evaluation that rose since its best where the weights of that moment were put aside, to be loaded again, without a
    copy: a state_dict holds the very tensors that training goes on to change.
    Hurts: what is kept is worse than what was there once.
    Mistaken for: regularization-missing and capacity-too-large, which look the same; a noisy evaluation.
    Remedy: stop by the validation loss and keep the best weights.
    Source: Prechelt 1998, Early Stopping - but when?; PyTorch, "Saving and loading models"; seen in the run, no trial needed."""
    main, pace, series = program.main, Pace(program), judged(program)
    kept = by_reference(program) if main is not None and len(series) > 1 else None
    series = printed_too(program, series) if kept is not None else series
    if main is None or len(series) < (4 if kept is not None else 6) or not pace.finite or pace.end <= 0:
        return None
    if kept is None and any(True for source in program.sources.values() for _ in source.calls(*KEEPING)):
        return None
    values = [v for _, v in series]
    smooth = [median(values[max(0, i - 1) : i + 2]) for i in range(len(values))]
    at = min(range(len(smooth)), key=smooth.__getitem__)
    best, last = smooth[at], median(values[-3:])
    early, worse = (LATE, SLIGHTLY) if kept is not None else (EARLY, WORSE)
    if (
        series[at][0] > early * main.steps
        or best <= 0
        or last < worse * best
        or (kept is None and pace.end > 0.6 * last)
    ):
        return None
    if program.task in ("classes", "binary") and last < values[0] and not (kept is not None and kept.lower):
        return None  # too sure, but perhaps not worse at telling them apart
    target = program.loss.look(program.loss.target) if program.loss else None
    if program.task == "regression" and (target is None or last - best < HARM * (target.std or 0.0) ** 2):
        return None
    site = kept.site if kept is not None else loop(program)
    return Finding(
        "epochs-too-many", "error", BY_NAME if kept is not None else "the training went on long past its best",
        f"the evaluation's loss was {figure(best)} after {percent(series[at][0] / main.steps, 0)} of the training and "
        f"is {figure(last)} at the end, while the training loss fell to {figure(pace.end)}",
        "copy.deepcopy(model.state_dict())" if kept is not None else "stop by the validation loss, keep the best weights",
        0.9 if kept is not None else 0.8, series[at][0],
        site.file if site else None, site.line if site else None, limit=worse, source="Prechelt 1998; seen in the run",
    )  # fmt: skip
