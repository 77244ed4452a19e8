"""Each random transform of the data set left out in turn."""

from __future__ import annotations

from dataclasses import replace

from wellfit.nouns.plain import Plain, written
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Batch, Replay, Trial
from wellfit.nouns.tape import Site

FAULTS = ("augmentation-unsuitable",)
USUAL = True
ORDER = 12
KEEPS = False


def plain_rows(replay: Replay) -> list[Replay] | None:
    """Edit: leave this transform out, or let it change the label as well where it changes what the label says."""
    tried: list[Plain] = replay.extra.get("plain") or []
    first = replay.batches[0]
    target = first.loss.target
    if target is None:
        return None
    made = []
    for one in tried:
        batches = []
        for i, (x, y) in enumerate(one.trained):
            b = replay.batches[i % len(replay.batches)]
            b = b if b.leaves[b.loss.inputs[0]].shape == x.shape else first
            batches.append(
                Batch(b.tape, b.loss, {**b.leaves, b.loss.inputs[0]: x, b.loss.target or target: y}, b.nodes)
            )
        note = f"{one.switch.kind} left out of the training examples"
        made.append(replace(replay, batches=tuple(batches), shuffled=True, note=note))
    return made or None


def place(program: Program, trial: Trial) -> Site | None:
    """Where the transform that the trial left out is put to use."""
    found = [s for s in program.switches if trial.note.startswith(f"{s.kind} left out")]
    return written(program, found[0]) if found else None
