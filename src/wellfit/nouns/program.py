"""Program: what was understood of a stranger's training program. Every clue and every trial of the doctor reads it."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from wellfit.nouns.source import Source
from wellfit.nouns.tape import Look, Node, Site, Tape

BEGINNING = 64
"""Values at the beginning of a row that stand for it where many rows are compared; what agrees is compared whole."""


@dataclass
class NetworkSeen:
    """A module that was called from outside any other: module: the user's own, as it ended; first: a copy from before
    its first call (None where too large or not to be copied); names: id of a submodule -> dotted name."""

    module: nn.Module
    first: nn.Module | None
    names: dict[int, str]
    site: Site | None = None

    @property
    def name(self) -> str:
        return type(self.module).__name__


@dataclass
class OptimizerSeen:
    """optimizer: the user's own; site: where it was made; groups: its groups' settings at its first step, parameters by
    id; held: ids of all parameters it holds; steps: how often it stepped; first: program steps before its first;
    rates: (program steps, rate of each group) wherever they changed; start: parameters of the networks at its first
    step, where some had been trained before; schedule: the scheduler's class, `schedule_site` where it was made,
    `schedule_steps`: how often it stepped and `schedule_last`: the line it last stepped at; closure: a step computes the
    loss several times (LBFGS; one that calls its closure once, as Lightning and skorch do, steps as any other); by_hand: the
    script moves the weights itself, and `optimizer` is the one of torch's that does the same; zeroed: how often its own
    zero_grad was called."""

    optimizer: torch.optim.Optimizer
    site: Site | None
    groups: list[dict[str, Any]] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    steps: int = 0
    first: int = 0
    rates: list[tuple[int, tuple[float, ...]]] = field(default_factory=list)
    start: dict[int, Tensor] = field(default_factory=dict)
    schedule: str = ""
    schedule_site: Site | None = None
    schedule_steps: int = 0
    schedule_last: Site | None = None
    closure: bool = False
    by_hand: bool = False
    zeroed: int = 0

    @property
    def kind(self) -> str:
        return type(self.optimizer).__name__

    @property
    def lr(self) -> float:
        """Rate of the first group at the first step."""
        return float(self.groups[0].get("lr", float("nan"))) if self.groups else float("nan")


@dataclass
class LoaderSeen:
    """A DataLoader: where it was made, batch size, examples, how it orders them ("RandomSampler"), drop_last; loader: itself,
    of the first ones."""

    site: Site | None
    batch_size: int | None
    examples: int | None
    sampler: str
    drop_last: bool
    loader: Any = None


@dataclass
class LossSeen:
    """One way the program computes what it calls backward on.

    name: of the torch function ("cross_entropy"), "" where it is written by hand; node: its call in `tape`, for one by
    hand the first call that brings outputs and targets together; answer, target: tensors of `tape` (None where there is
    no target); data: the target's look; reduction: "mean", "sum", "none" or ""; site: the call's line;
    made: where a loss module of that kind is made, None for a function; output: tensor that the network itself gave;
    inputs: tensors of `tape` that the network was fed; total: tensor that backward was called on.
    """

    name: str
    node: Node | None
    tape: Tape
    answer: int | None
    target: int | None
    output: int | None
    inputs: tuple[int, ...]
    total: int
    reduction: str = ""
    site: Site | None = None
    made: Site | None = None

    def look(self, n: int | None) -> Look | None:
        return self.tape.looks.get(n) if n is not None else None


@dataclass
class PassSeen:
    """A call of a network that no loss was minimised through: an evaluation. batch: examples; training: any module in
    train mode that behaves differently there (dropout, batch norm); compared: calls that brought its outputs together
    with other data; after: program steps before it; inputs, output: tensors of `tape`."""

    tape: Tape
    node: Node
    after: int
    batch: int
    training: bool
    grad: bool
    inputs: tuple[int, ...]
    output: int | None
    compared: list[Node] = field(default_factory=list)


class Clipped(NamedTuple):
    """A clipping of gradients. kind: "norm" (all gradients together brought down to `limit`) or "value" (each element cut
    at it); left: the share of the gradients' norm that is left; site: the call; norm: of the gradients before."""

    kind: str
    limit: float
    left: float
    site: Site | None
    norm: float = math.nan


@dataclass
class Moment:
    """Figures of one watched step, by name of the parameter or layer: grad: norm of the gradient; weight: norm of the
    weights; update: |Δw| / |w|; zero: share of outputs that are exactly 0; mean, std, low, high of a layer's outputs;
    same: how alike the rows of a layer's output are (spread over the batch / spread over all)."""

    index: int
    grad: dict[str, float] = field(default_factory=dict)
    weight: dict[str, float] = field(default_factory=dict)
    update: dict[str, float] = field(default_factory=dict)


@dataclass
class Program:
    """What was understood.

    script: absolute path; status: the script's own exit status; crash: "" or the exception in one line, crash_site where
    in the user's file; seconds: its running time; spent_s: what watching cost; steps: optimizer steps of all optimizers;
    backwards: calls of backward; curve: (step, loss) of the training losses, in order; events: what happened, one letter
    each: z gradients cleared, f network called, b backward, s step, t train(), e eval(), v scheduler; printed: (step,
    text) lines printed; trouble: failures of the watching itself; ends: parameters by id as they ended;
    reached: ids of parameters that a loss was seen to depend on; parameter_names: by id; made: id of a module -> where
    the user's code made it; memo: id of the user's modules and parameters -> their first copies.
    """

    script: str
    sources: dict[str, Source] = field(default_factory=dict)
    status: int = 0
    crash: str = ""
    crash_site: Site | None = None
    seconds: float = 0.0
    spent_s: float = 0.0
    steps: int = 0
    backwards: int = 0
    networks: list[NetworkSeen] = field(default_factory=list)
    optimizers: list[OptimizerSeen] = field(default_factory=list)
    loaders: list[LoaderSeen] = field(default_factory=list)
    switches: list[Any] = field(default_factory=list)
    """Random transforms of the training set that trials left out (nouns/plain.py)."""
    tapes: list[Tape] = field(default_factory=list)
    losses: list[LossSeen] = field(default_factory=list)
    passes: list[PassSeen] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    curve: list[tuple[int, float]] = field(default_factory=list)
    events: str = ""
    sites: dict[str, list[Site]] = field(default_factory=dict)
    printed: list[tuple[int, str]] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)
    parameter_names: dict[int, str] = field(default_factory=dict)
    made: dict[int, Site] = field(default_factory=dict)
    clips: list[Clipped] = field(default_factory=list)
    """Clippings in the steps that were written down, the first some."""
    children: int = 0
    """Processes that the program started; they are not watched."""
    interrupted: bool = False
    cut: bool = False
    """Was the watching taken off before the program's end?"""
    signal: int = 0
    """Number of the signal that ended the script, 0 where none did; `interrupted`: it was Ctrl-C."""

    @cached_property
    def main(self) -> OptimizerSeen | None:
        """The optimizer whose training counts: of those with a fifth of the steps or more, the last to begin."""
        big = [o for o in self.optimizers if o.steps >= max(1, 0.2 * max(p.steps for p in self.optimizers))]
        last = max(big, key=lambda o: o.first, default=None)
        held = {t.phase for t in self.tapes if t.losses and t.stepped}
        with_losses = [o for o in self.beside(last) if self.optimizers.index(o) in held]
        return with_losses[0] if with_losses else last

    def beside(self, one: OptimizerSeen | None) -> list[OptimizerSeen]:
        """This optimizer and those that step together with it after each backward, in the order they step in."""
        near = [o for o in self.optimizers if one is not None and abs(o.first - one.first) < len(self.optimizers)]
        near = [o for o in near if one is not None and abs(o.steps - one.steps) <= 1]
        parts = re.findall("s+", self.events)
        together = bool(parts) and sum(len(p) == len(near) for p in parts) >= 0.8 * len(parts)
        return sorted(near, key=lambda o: o.first) if together else [one] if one is not None else []

    @cached_property
    def moved(self) -> bool:
        """Did weights of a network change, by an optimizer or in another way (by hand, by evolution)?"""
        for n in self.networks:
            pairs = zip(n.first.parameters(), n.module.parameters()) if n.first is not None else ()
            if any(a.shape != b.shape or not torch.equal(a, b.to(a.device)) for a, b in pairs if not b.is_meta):
                return True
        return False

    @property
    def untrained(self) -> bool:
        """Did nothing train, as far as could be seen? (Gradients of weights outside networks, or of networks too large to
        be copied, may have served something that was not seen.)"""
        blind = not self.networks or any(n.first is None for n in self.networks)
        return not self.steps and not self.moved and not (self.backwards and blind)

    @cached_property
    def shown(self) -> dict[Any, Tensor]:
        """What training was fed in the first steps, by (shape of a row, dtype): the beginnings of all rows."""
        fed = {id(x): x for s in self.losses[:48] if s.inputs and (x := s.tape.leaves.get(s.inputs[0])) is not None}
        rows: dict[Any, list[Tensor]] = {}
        for x in fed.values():
            if x.ndim and len(x) and x.layout == torch.strided:
                rows.setdefault((x.shape[1:], x.dtype), []).append(x.reshape(len(x), -1)[:, :BEGINNING])
        return {k: torch.cat(v) for k, v in rows.items()}

    @property
    def alternating(self) -> bool:
        """Do several optimizers take turns (as in a GAN)?"""
        phases = [t.phase for t in self.tapes if t.stepped]
        changes = sum(a != b for a, b in itertools.pairwise(phases))
        return changes >= max(len(set(phases)), 4)

    def training(self, optimizer: OptimizerSeen | None = None) -> list[Tape]:
        """Tapes that end in a step of this optimizer (default: the main one) and hold a loss, in order."""
        chosen = optimizer or self.main
        phase = self.optimizers.index(chosen) if chosen in self.optimizers else None
        return [t for t in self.tapes if t.losses and ((not t.stepped and phase is None) or t.phase == phase)]

    @property
    def loss(self) -> LossSeen | None:
        """The loss of the main training (an early one whose step was written down whole)."""
        main = self.optimizers.index(self.main) if self.main in self.optimizers else None
        of_main = [x for x in self.losses if main is None or x.tape.phase == main]
        named = [x for x in of_main if x.target is not None] or of_main or self.losses
        return named[min(2, len(named) - 1)] if named else None

    def source(self, site: Site | None) -> Source | None:
        return self.sources.get(site.file) if site else None

    def text(self, site: Site | None) -> str:
        """The source line at a site, "" where unknown."""
        source = self.source(site)
        return source.line(site.line) if source and site else ""

    @cached_property
    def clipped(self) -> bool:
        """Are gradients clipped where that has an effect, between backward and step?"""
        return re.search("b[^s]*c", self.events) is not None

    def batch(self, loss: LossSeen | None = None) -> int:
        """Examples in a training batch: the usual first dimension of what the network is fed, 0 where unknown."""
        loss = loss or self.loss
        look = loss.look(loss.target) if loss and loss.target is not None else None
        look = look or (loss.look(loss.inputs[0]) if loss and loss.inputs else None)
        return look.shape[0] if look and look.shape else 0

    @property
    def task(self) -> str:
        """ "classes" (integer labels), "binary" (labels 0 and 1), "regression", or "" where no target is seen."""
        loss = self.loss
        look = loss.look(loss.target) if loss else None
        if loss is None or look is None:
            return ""
        if loss.name in ("cross_entropy", "nll_loss", "multi_margin_loss") and not look.dtype.startswith("float"):
            return "classes"
        if look.low is not None and look.low >= 0 and look.high is not None and look.high <= 1 and look.distinct == 2:
            return "binary"
        return "classes" if not look.dtype.startswith("float") else "regression"
