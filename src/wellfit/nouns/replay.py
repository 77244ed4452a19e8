"""Replay: the recorded steps of a program as a training of its own, which a remedy changes one thing of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node, Tape

LOSS_GONE = "share of the first loss that is gone on held-out batches, 1 all of it"
"""What skill is where no target says what is right."""
LOSS_FALLEN = "share of the way from the first loss to the least that any training reached, on held-out batches"
"""The same of a loss that may fall below zero."""
Substitute = Callable[[Any, str, tuple[Any, ...], dict[str, Any]], Any]
"""(torch function, its name, args, kwargs) -> the result to put in its place, or NotImplemented to leave it."""


@dataclass
class Batch:
    """One step to be played: a tape with what it is fed. leaves: number -> tensor (copied before it may be changed)."""

    tape: Tape
    loss: LossSeen
    leaves: dict[int, Tensor]
    nodes: list[Node]

    @property
    def target(self) -> Tensor | None:
        return self.leaves.get(self.loss.target) if self.loss.target is not None else None


@dataclass(frozen=True)
class Replay:
    """A training on copies.

    program; networks: id of the user's module -> the first copy; parameters: id of the user's parameter -> the copy's
    parameter (of `networks`; a trial copies both together); batches: to train on, in the recorded order; held: to
    judge on. What a remedy may change: optimizer: (parameters by id) -> optimizer; rate: (step) -> factor of its rates;
    surgeries: done to the networks before training; inside: substitutions of torch calls; fed: changes of a batch's
    leaves; clear: "as is", "before" (right) ; clip: norm that gradients are
    clipped to, cut: value that their elements are cut at (both as the program does); train_mode: force train mode;
    steps: how many; shuffled: batches in random order; note: what was changed, in words; logits: the substitute for a
    probability loss gives logits. base: where there is no target to judge by, the loss that counts as no skill (then the
    loss itself is the merit, and only what leaves it alone may be changed); None: judged by targets; least: the loss that
    counts as full skill, None where it may fall below zero and no training has shown yet how far. enough: skill on the
    held-out batches at which it ends early.
    """

    program: Program
    networks: dict[int, nn.Module]
    parameters: dict[int, Tensor]
    batches: tuple[Batch, ...]
    held: tuple[Batch, ...]
    optimizer: Callable[[dict[int, Tensor]], torch.optim.Optimizer]
    rate: Callable[[int], float] = lambda step: 1.0
    surgeries: tuple[Callable[[list[nn.Module]], None], ...] = ()
    inside: tuple[Substitute, ...] = ()
    fed: tuple[Callable[[Batch], dict[int, Tensor]], ...] = ()
    clear: str = "as is"
    clip: float | None = None
    cut: float | None = None
    train_mode: bool = False
    steps: int = 300
    shuffled: bool = False
    note: str = "as it stands"
    base: float | None = None
    least: float | None = 0.0
    enough: float = float("inf")
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What a trial gave: skill on the held-out batches (1 perfect, 0 the best constant answer), on those trained on,
    steps taken, first and last loss, curve of losses, finite: did it stay finite; seconds; note: what was changed; done: was
    enough reached before the last step."""

    skill: float
    trained: float
    steps: int
    losses: tuple[float, ...]
    finite: bool
    seconds: float
    note: str = ""
    done: bool = False


@dataclass(frozen=True)
class Trial:
    """One remedy tried: word; faults it is the cure of; outcomes over seeds, beside those of the program as it stands;
    gain: mean skill gained; closed: share of the gap to the omnibus control that it closed, less its handicap; on: the
    remedy that was in place already ("" for the program as it stands; then gain and gap count from that)."""

    word: str
    faults: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    gain: float
    closed: float
    note: str
    on: str = ""


@dataclass
class Trials:
    """All that was tried. reached: skill of the network as the program left it; asis: as replayed; omnibus: all the
    usual cures at once; gap: omnibus - the better of reached and asis (None where nothing could be tried: `why`)."""

    reached: float | None = None
    asis: tuple[Outcome, ...] = ()
    omnibus: tuple[Outcome, ...] = ()
    tried: list[Trial] = field(default_factory=list)
    gap: float | None = None
    why: str = ""
    seconds: float = 0.0
    by_loss: bool = False
    """Is the loss itself the merit, since no target is there to judge by?"""
    least: float = 0.0
    """The loss that then counts as full skill."""

    @property
    def scale(self) -> str:
        """What its skills are, in words."""
        if self.by_loss:
            return LOSS_FALLEN if self.least else LOSS_GONE
        return "skill on held-out batches (1 perfect, 0 a constant answer)"

    def of(self, word: str) -> Trial | None:
        return next((t for t in self.tried if t.word == word and not t.on), None)
