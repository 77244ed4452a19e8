"""Prepare: from a Program the Replay of its main training, or the reason why there can be none."""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from dataclasses import replace
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.nouns.pace import Pace
from wellfit.nouns.plain import plain
from wellfit.nouns.program import NetworkSeen, OptimizerSeen, Program
from wellfit.nouns.replay import Batch, Replay
from wellfit.nouns.weights import afresh
from wellfit.verbs.trials.run import total_loss

HELD = 5
"""Every so many-th batch is held out to judge on."""
FEW = 4
"""Batches in a pass from which one of them is held out."""
TINY = 1e-9
EPOCH = 48
"""Batches of the beginning that count as different examples."""


def prepare(program: Program) -> Replay | str:
    """The Replay of the main optimizer's training, or in words why there is none."""
    seen = program.main
    if seen is None or not seen.steps:
        return "no optimizer stepped"
    if program.alternating:
        return "several optimizers take turns"
    if type(seen.optimizer).step is torch.optim.Optimizer.step:
        return f"the optimizer ({seen.kind}) is none of torch's"
    batches = [b for t in program.training(seen) if (b := _batch(program, t, seen.closure)) is not None]
    if not batches:
        return "no step was written down whole"
    aimed = [b for b in batches if b.target is not None and not _derived(b)]
    batches = aimed or batches
    networks, parameters, why = _copies(program, seen)
    if why:
        return why
    train, held = _split(batches, Pace(program).epoch or EPOCH)
    steps = min(max(seen.steps, 1), 300)
    phase = seen.first

    whole = max(seen.steps / steps, 1.0) if len(seen.rates) > 1 else 1.0  # a schedule is played whole, only faster
    top = max(float(r[0]) for _, r in seen.rates)

    def rate(step: int) -> float:
        now = seen.rates[0][1][0]
        for at, rates in seen.rates:
            if at > phase + step * whole:
                break
            now = rates[0]
        return now / top if top else 1.0

    made = Replay(
        program, networks, parameters, tuple(train), tuple(held), _optimizers(program.beside(seen)), rate, steps=steps,
        clip=_limit(program, "norm"), cut=_limit(program, "value"),
    )  # fmt: skip
    return made if aimed and _answered(batches[0]) else _by_loss(made)


def untransformed(program: Program, replay: Replay, budget_s: float) -> Replay:
    """Where the training set has random transforms: judged on examples without them, and with what a remedy needs to
    leave them out in turn; a tenth of the time at most goes into asking for them."""
    first = replay.batches[0]
    at, target = first.loss.inputs[:1], first.loss.target
    if replay.base is not None or len(first.loss.inputs) != 1 or target is None:
        return replay
    x, y = first.leaves.get(at[0]), first.leaves.get(target)
    try:
        found = plain(program, x, y, budget_s / 10) if x is not None and y is not None else None
    except Exception as error:  # the user's own code, asked out of its turn
        program.trouble.append(
            f"the data set could not be asked without its transforms ({type(error).__name__}: {error})"
        )
        return replay
    if found is None or not found[0]:
        return replay
    program.switches = [one.switch for one in found[0]]
    held = [Batch(first.tape, first.loss, {**first.leaves, at[0]: a, target: b}, first.nodes) for a, b in found[1]]
    return replace(replay, held=tuple(held), extra={**replay.extra, "plain": found[0]})


def _limit(program: Program, kind: str) -> float | None:
    """Where the program itself clips its gradients."""
    limits = [c.limit for c in program.clips if c.kind == kind and program.clipped]
    return median(limits) if limits else None


def _answered(batch: Batch) -> bool:
    """Does a played step show the answers that the loss compares (a network may give nothing but its loss)?"""
    shown = set(batch.leaves) | {o for n in batch.nodes for o in n.outs}
    return bool(shown & ({batch.loss.answer, batch.loss.output} - set(batch.tape.losses)))


def _derived(batch: Batch) -> bool:
    """Does the loss hold derivatives of the answers (a residual of a differential equation)? Then a target in it says only
    part of what is wanted."""
    return any(n.name == "grad" for n in batch.nodes)


def _by_loss(replay: Replay) -> Replay | str:
    """Where no target says what is right, the loss itself does: no skill is the lesser of what it is at the first weights
    and at weights that PyTorch draws, full skill zero, or what trainings will show where it falls below zero."""
    program = replay.program
    main = program.main
    known = [v for at, v in program.curve if main is None or at >= main.first]
    signed = any(v < -TINY for v in known)
    fresh = copy.deepcopy((replay.networks, replay.parameters))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for network in fresh[0].values():
            afresh(network)
    try:
        starts = [total_loss(replay, *each, replay.held) for each in ((replay.networks, replay.parameters), fresh)]
    except Exception:
        return "there is no target in the loss, and it cannot be played again"
    starts = [v for v in starts if math.isfinite(v) and (signed or v > TINY)]
    if not starts:
        return "there is no target in the loss to judge by"
    return replace(replay, base=min(starts), least=None if signed else 0.0)


def _batch(program: Program, tape: Any, closure: bool) -> Batch | None:
    """closure: a step computes its loss several times; played, the optimizer asks for it itself."""
    loss = next((x for x in program.losses if x.tape is tape), None)
    if loss is None:
        return None
    if closure:
        tape = replace(tape, losses=[n for n in tape.losses if n == loss.total] or tape.losses[:1])
    for n in [n for n in tape.asking if tape.parameters.get(n) in program.memo]:
        del tape.asking[n]  # weights of the program's own making, outside modules
    nodes = tape.needed(tape.losses)
    known = set(tape.leaves) | set(tape.parameters)
    for node in nodes:
        if any(i not in known for i in node.ins):
            return None
        known |= set(node.outs)
    return Batch(tape, loss, dict(tape.leaves), nodes)


def _copies(program: Program, seen: OptimizerSeen) -> tuple[dict[int, nn.Module], dict[int, Tensor], str]:
    """Copies of all networks and parameters as they were when this optimizer first stepped."""
    if not program.networks and not seen.held & set(program.memo):
        return {}, {}, "no network was seen"
    if any(n.first is None for n in program.networks):
        return {}, {}, "the network could not be copied"
    wanted = {i: t for i, t in program.memo.items() if isinstance(t, Tensor) and t.is_leaf and t.requires_grad}
    networks = {id(n.module): n.first if _alike(n) else n.module for n in program.networks if n.first is not None}
    networks, parameters = copy.deepcopy((networks, wanted))
    with torch.no_grad():
        for network in program.networks:
            copied = networks[id(network.module)]
            own = dict(network.module.named_parameters()) | dict(network.module.named_buffers())
            theirs = dict(copied.named_parameters()) | dict(copied.named_buffers())
            changed = not _alike(network)
            for name, tensor in own.items():
                if changed and isinstance(tensor, nn.Parameter):
                    parameters[id(tensor)] = theirs[name]
                if name in theirs and id(tensor) in seen.start and theirs[name].shape == tensor.shape:
                    theirs[name].copy_(seen.start[id(tensor)])
                elif name in theirs and id(tensor) not in parameters and isinstance(tensor, nn.Parameter):
                    parameters[id(tensor)] = theirs[name]
    return networks, parameters, ""


def _alike(network: NetworkSeen) -> bool:
    """Does it still have the parameters that it was first called with (no other head since)?"""
    first = {k: p.shape for k, p in network.first.named_parameters()} if network.first is not None else {}
    return first == {k: p.shape for k, p in network.module.named_parameters()}


def _split(batches: list[Batch], epoch: int) -> tuple[list[Batch], list[Batch]]:
    """Batches to train on and batches held out, of one pass over the data where its length is known, so that nothing
    held out is trained on; of too few, the rows are split."""
    early = batches[: min(EPOCH, epoch)] if epoch >= FEW else batches[:EPOCH]
    if len(early) >= 10 and not _same(early[0], early[1]):
        held = early[HELD - 1 :: HELD]
        return [b for i, b in enumerate(early) if i % HELD != HELD - 1], held
    if FEW <= epoch == len(early):
        return early[1:], early[:1]
    return [_rows(b, True) for b in early], [_rows(early[0], False)]


def _same(a: Batch, b: Batch) -> bool:
    """Is it the same data again (training on the whole set at once)?"""
    x, y = a.target, b.target
    return (
        x is not None
        and y is not None
        and x.shape == y.shape
        and len(x) > 64
        and torch.equal(x.sort(0).values, y.sort(0).values)
    )


def _rows(batch: Batch, train: bool) -> Batch:
    """A fifth of the rows held out, the others kept; the batch as it is where its rows cannot be told apart."""
    target = batch.target
    n = len(target) if target is not None and target.ndim else 0
    if (
        n < 20
        or batch.tape.asking
        or any(node.module is None and node.name in ("view", "reshape", "expand") for node in batch.nodes)
    ):
        return batch
    held = torch.zeros(n, dtype=torch.bool)
    held[HELD - 1 :: HELD] = True
    pick = ~held if train else held
    leaves = {i: t[pick] if t.ndim and len(t) == n else t for i, t in batch.leaves.items()}
    return Batch(batch.tape, batch.loss, leaves, batch.nodes)


class _Together:
    """Optimizers that step together, as one."""

    def __init__(self, all_: list[torch.optim.Optimizer]) -> None:
        self.all, self.param_groups = all_, [g for o in all_ for g in o.param_groups]

    def step(self) -> None:
        """A step of each."""
        for one in self.all:
            one.step()


def _optimizers(seen: list[OptimizerSeen]) -> Any:
    """The user's optimizers that step together, over copies of the same parameters."""
    makes = [_optimizer(one) for one in seen]
    return makes[0] if len(makes) == 1 else lambda parameters: _Together([make(parameters) for make in makes])


def _optimizer(seen: OptimizerSeen) -> Any:
    """The user's optimizer over copies of the same parameters in the same groups, at the highest rates it had."""

    def make(parameters: dict[int, Tensor]) -> torch.optim.Optimizer:
        groups = []
        for i, group in enumerate(seen.groups):
            settings = {k: v for k, v in group.items() if k not in ("params", "initial_lr")}
            settings["lr"] = max([float(r[i]) for _, r in seen.rates if len(r) > i], default=settings.get("lr"))
            groups.append(
                {**copy.deepcopy(settings), "params": [parameters[i] for i in group["params"] if i in parameters]}
            )
        kind: Any = type(seen.optimizer)
        groups = [g for g in groups if g["params"]]
        try:
            return kind(groups)
        except TypeError:  # one of the user's own, which wants more arguments
            return _as_made(seen.optimizer, groups)

    return make


def _as_made(optimizer: torch.optim.Optimizer, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    """An optimizer with the same attributes, over other parameters and with nothing in its memory."""
    made = object.__new__(type(optimizer))
    made.__dict__.update(optimizer.__dict__)
    made.param_groups, made.state = groups, defaultdict(dict)
    return made
