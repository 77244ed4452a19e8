"""The minibatch is so large that there are hardly any steps."""

from __future__ import annotations

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import batch_size
from wellfit.nouns.pace import Pace
from wellfit.nouns.program import Program
from wellfit.nouns.stopping import stopped

ROWS = 200
"""Smaller batches are common everywhere."""
STEPS = 4
"""Steps in a pass over the data, or fewer."""
ALL = 160
"""Steps in the whole training, or fewer."""


def batch_size_too_large(program: Program) -> Finding | None:
    """Sees: a pass over the data takes four steps or fewer, and the whole training some tens; a loader that drops its only
    batch, since there are fewer examples than it wants.
    Hurts: as many passes give far fewer steps; gradients are more exact than is of use.
    Mistaken for: epochs-too-few, which more passes cure as well; training on all data at once by choice, for thousands
    of steps; settled by training on.
    Remedy: a batch of 32 to 128.
    Source: Masters and Luschi 2018; confirmed by trial."""
    dropped = _dropped(program)
    if dropped is not None:
        return dropped
    main, pace = program.main, Pace(program)
    if main is None or pace.rows < ROWS or not 0 < pace.epoch <= STEPS or main.steps > ALL or not pace.finite:
        return None
    if main.closure or stopped(program) is not None:  # it would have gone on for longer but for a rule of its own
        return None
    site = batch_size(program, pace.rows)
    passes = main.steps // pace.epoch
    return Finding(
        "batch-size-too-large", "warning", "the batch is so large that there are hardly any steps",
        f"{pace.rows} of {pace.examples} examples in a batch: {pace.epoch} steps a pass, {main.steps} in all",
        "a batch of 32 to 128", 0.85 if passes > 8 else 0.7, main.steps,
        site.file if site else None, site.line if site else None, limit=STEPS, source="Masters and Luschi 2018",
    )  # fmt: skip


def _dropped(program: Program) -> Finding | None:
    """A loader of fewer examples than a batch holds, told to leave out what does not fill one; and nothing trained."""
    if program.steps or program.backwards or program.crash:
        return None
    for loader in program.loaders:
        if loader.drop_last and loader.batch_size and loader.examples and loader.examples < loader.batch_size:
            site = batch_size(program, loader.batch_size)
            return Finding(
                "batch-size-too-large", "error", "the loader gives no batch at all: nothing is trained",
                f"{loader.examples} examples, batch_size={loader.batch_size}, drop_last=True: 0 batches a pass",
                "a smaller batch, or drop_last=False", 0.97, 0,
                site.file if site else None, site.line if site else None, source="seen in the run",
            )  # fmt: skip
    return None
