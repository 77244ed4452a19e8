"""Trained for longer, nothing else changed."""

from __future__ import annotations

import copy
from dataclasses import replace

from wellfit.nouns.locate import loop
from wellfit.nouns.program import Program
from wellfit.nouns.replay import Replay
from wellfit.nouns.tape import Site

FAULTS = ("epochs-too-few", "batch-size-too-large")
KEEPS = True
HANDICAP = 0.05
FACTOR = 8
MOST = 1200
LEAST = 0.25
"""Skill that it must gain to prove anything: nearly every training gains something by going on. Over the fault corpus,
trainings that were cut short gained 0.6 and more, sound ones up to 0.2."""
ALONE = False
"""Nearly every training can go on for longer: proves nothing where no clue speaks for it."""


def longer(replay: Replay) -> Replay | None:
    """Edit: more epochs. A short training is played whole, eight times as long; a longer one goes on from where the
    script left it, at the rate it had last."""
    main = replay.program.main
    if main is None:
        return None
    if main.steps <= replay.steps:
        steps = min(main.steps * FACTOR, MOST)
        return replace(replay, steps=steps, note=f"{steps} steps instead of {main.steps}")
    networks, parameters = copy.deepcopy((replay.networks, replay.parameters))
    for group in main.optimizer.param_groups:
        for w in group["params"]:
            if id(w) in parameters and parameters[id(w)].shape == w.shape:
                parameters[id(w)].data.copy_(w.data)
    for seen in replay.program.networks:
        networks[id(seen.module)].load_state_dict(seen.module.state_dict())
    last = replay.rate(replay.steps)
    return replace(
        replay, networks=networks, parameters=parameters, rate=lambda step: last, steps=2 * replay.steps,
        extra={**replay.extra, "from the end": True}, note=f"{2 * replay.steps} steps more than the {main.steps}",
    )  # fmt: skip


def place(program: Program) -> Site | None:
    """Where the number of epochs is written."""
    return loop(program)
