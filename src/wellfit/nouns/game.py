"""Game: two networks trained in turns against each other: one makes examples, the other judges them (Goodfellow et al. 2014).

Which way each of their losses pushes the judge's answers, on real examples and on made ones, is worked out from the steps
that were written down: the part of a loss that comes after the judge is played again for a few values of its answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from wellfit.nouns.program import NetworkSeen, OptimizerSeen, Program
from wellfit.nouns.tape import Look, Node, Ref, Tape, each, mapped, refs
from wellfit.nouns.units import figure

PROBES = ((-1.5, 0.0, 1.5), (0.2, 0.5, 0.8))
"""Answers for which the pushes are worked out; the second ones where the first are no answers (probabilities)."""
APART = 0.05
"""Difference of two pushes, in shares of their size, from which they are two."""
TAPES = 6
"""Steps of each player that are looked at."""


@dataclass
class Game:
    """maker, judge: the networks; by_maker, by_judge: the optimizers that move them; turns: steps in which the judge's
    loss was minimised, and answers: those of the maker; pushes: of the judge's answers (+ up, - down) for each probe, by
    what they are: "real" and "made" in the judge's turns, "wanted" on made examples in the maker's; places: a call of the
    judge for each; probes: the answers that they were worked out for."""

    maker: NetworkSeen
    judge: NetworkSeen
    by_maker: OptimizerSeen
    by_judge: OptimizerSeen
    turns: list[Tape]
    answers: list[Tape]
    pushes: dict[str, list[float]] = field(default_factory=dict)
    places: dict[str, Node] = field(default_factory=dict)
    probes: tuple[float, ...] = PROBES[0]

    def above(self, one: str, other: str) -> int | None:
        """+1 where the first pushes higher than the other whatever the answer is, -1 lower, 0 where they push alike, None
        where none of it holds or one was not seen."""
        if not self.pushes.get(one) or not self.pushes.get(other):
            return None
        a, b = (_unit(self.pushes[k]) for k in (one, other))
        apart = [x - y for x, y in zip(a, b)]
        if max(map(abs, apart)) <= APART:
            return 0
        return 1 if min(apart) >= APART else -1 if max(apart) <= -APART else None

    def way(self, what: str) -> int:
        """+1 or -1 where it pushes that way whatever the answer is, else 0."""
        pushes = self.pushes.get(what) or [0.0]
        return 1 if min(pushes) > 0 else -1 if max(pushes) < 0 else 0

    def towards(self, what: str) -> str:
        """In words where it pushes: "up", "down", "towards 0.5"."""
        pushes = self.pushes[what]
        if min(pushes) >= 0 or max(pushes) <= 0:
            return "up" if max(pushes) > 0 else "down"
        at = next(i for i in range(len(pushes) - 1) if pushes[i] > 0 >= pushes[i + 1] or pushes[i] < 0 <= pushes[i + 1])
        a, b = pushes[at : at + 2]
        return f"towards {figure(self.probes[at] + (self.probes[at + 1] - self.probes[at]) * a / (a - b), 2)}"


def _unit(pushes: list[float]) -> list[float]:
    """In units of their mean size."""
    size = sum(map(abs, pushes)) / len(pushes) or 1.0
    return [p / size for p in pushes]


def games(program: Program) -> list[Game]:
    """Each pair of a network that makes and one that judges what it makes, with optimizers of their own."""
    if not program.alternating:
        return []
    found = []
    for judge in program.networks:
        for maker in program.networks:
            game = _game(program, maker, judge) if maker is not judge else None
            if game is not None:
                _pushes(program, game)
                found.append(game)
    return found


def _held(seen: OptimizerSeen, network: NetworkSeen) -> bool:
    return any(id(p) in seen.held for p in network.module.parameters())


def _game(program: Program, maker: NetworkSeen, judge: NetworkSeen) -> Game | None:
    moving = [o for o in program.optimizers if o.steps >= 4]
    by_judge = [o for o in moving if _held(o, judge) and not _held(o, maker)]
    by_maker = [o for o in moving if _held(o, maker) and o not in by_judge]
    for mine in by_maker:
        answers = [t for t in _own(program, mine) if any(_made(t, n, maker, True) for n in _calls(t, judge))]
        for theirs in by_judge if answers else []:
            turns = [t for t in _own(program, theirs) if _calls(t, judge)]
            if turns and all(not _made(t, n, maker, True) or n.grad for t in turns for n in _calls(t, judge)):
                return Game(maker, judge, mine, theirs, turns[:TAPES], answers[:TAPES])
    return None


def _own(program: Program, seen: OptimizerSeen) -> list[Tape]:
    """Its turns, without those whose backward began with a gradient that is not known."""
    at = program.optimizers.index(seen)
    return [t for t in program.tapes if t.phase == at and t.losses and not t.driven]


def _calls(tape: Tape, judge: NetworkSeen) -> list[Node]:
    """Calls of the judge that the loss was made from."""
    return [n for n in tape.needed(tape.losses) if n.module is judge.module and n.outs]


def _made(tape: Tape, node: Node, maker: NetworkSeen, through: bool = False) -> bool:
    """Is this judged example made by the maker? (through: with a gradient back to it)"""
    given = [i for i in node.ins if i not in tape.leaves and i not in tape.parameters]
    if through and not any(look is None or look.grad for look in map(tape.looks.get, given)):
        return False
    return any(_from(tape, i, maker) for i in given)


def _from(tape: Tape, at: int, maker: NetworkSeen) -> bool:
    """Does a tensor come from the maker, in this step or, with its gradient still on it, from before?"""
    ancestors = tape.ancestors([at])
    makers = [n for n in tape.passes() if set(n.outs) & ancestors]
    return any(n.module is maker.module for n in makers) or (not makers and at not in tape.looks)


def _pushes(program: Program, game: Game) -> None:
    """Which way the losses push the judge's answers."""
    for tapes, mine in ((game.turns, False), (game.answers, True)):
        for tape in tapes:
            calls = _calls(tape, game.judge)
            for probes in PROBES if _single(tape, calls) else ():
                told = [_played(program, tape, calls, answer) for answer in probes]
                if all(told):
                    game.probes = probes
                    _add(game, tape, told, mine)
                    break


def _single(tape: Tape, calls: list[Node]) -> bool:
    """Are the judge's answers one number for each example, or for each place of a picture?"""
    looks = [tape.looks.get(n.outs[0]) for n in calls]
    return all(k is not None and (len(k.shape) == 1 or (len(k.shape) > 1 and k.shape[1] == 1)) for k in looks)


def _add(game: Game, tape: Tape, told: list[list[tuple[Node, Tensor]]], mine: bool) -> None:
    """told: for each probe, the pushes in each call."""
    for at, answered in enumerate(told):
        for node, push in answered:
            for kind, part in _parts(tape, node, game.maker, push):
                where = ("wanted" if kind == "made" else "") if mine else kind
                if where in ("real", "made", "wanted"):
                    game.pushes.setdefault(where, [0.0] * len(told))[at] += part
                    game.places.setdefault(where, node)


def _parts(tape: Tape, node: Node, maker: NetworkSeen, push: Tensor) -> list[tuple[str, float]]:
    """("real", "made" or "mixed", the push) of the rows of one call; real and made ones may be judged together."""
    joined = next(
        (n for n in tape.nodes if n.name in ("cat", "concat") and n.depth == 0 and set(n.outs) & set(node.ins)), None
    )
    looks = [tape.looks[i].shape for i in joined.ins if i in tape.looks] if joined is not None else []
    rows = [shape[0] for shape in looks if shape]
    if joined is not None and len(joined.ins) > 1 and sum(rows) == len(push) and len(rows) == len(joined.ins):
        kinds = ["made" if i not in tape.leaves and _from(tape, i, maker) else "real" for i in joined.ins]
        return [(kind, float(part.sum())) for kind, part in zip(kinds, push.split(rows))]
    if not _made(tape, node, maker):
        return [("real", float(push.sum()))]
    return [("mixed" if mixed(tape, node) else "made", float(push.sum()))]


def mixed(tape: Tape, node: Node) -> bool:
    """Is what is judged put together from data and what a network made, as points between the two are?"""
    for at in set(node.ins) & set(tape.looks):
        shape, want = tape.looks[at].shape, {at} - set(tape.leaves)
        for n in reversed(tape.nodes):
            if n.module is None and n.depth == 0 and want & set(n.outs):
                want |= set(n.ins)
        if any(i in tape.leaves and len(shape) > 1 and tape.looks[i].shape == shape for i in want):
            return True
    return False


def _played(program: Program, tape: Tape, calls: list[Node], answer: float) -> list[tuple[Node, Tensor]]:
    """Minus the gradient of the loss by the judge's answers in each call, [B, ...], where all of them are this number;
    nothing where it cannot be played."""
    own = {id(p): p.detach() for n in program.networks for p in n.module.parameters()}
    values: dict[int, Any] = dict(tape.leaves) | {n: own[i] for n, i in tape.parameters.items() if i in own}
    try:
        with torch.enable_grad():
            for node in tape.needed(tape.losses):
                given: Any = []
                if node in calls:
                    given = [_filled(tape.looks[o], answer).requires_grad_() for o in node.outs]
                elif node.module is not None or node.name == "grad":
                    given = [_filled(tape.looks[o], tape.looks[o].mean or 0.0) for o in node.outs]
                elif node.call is not None:
                    args = mapped((node.args, node.kwargs), Ref, lambda r: values[r.n])
                    copied = (node.name.endswith("_") and not node.name.endswith("__")) or node.name.startswith("__i")
                    args = ((args[0][0].clone(), *args[0][1:]), args[1]) if copied else args
                    given = each(node.call(*args[0], **args[1]), Tensor)
                values.update({ref.n: v for ref, v in zip(refs(node.out), given)})
            total = torch.stack([values[n].sum() for n in tape.losses]).sum()
            gradients = torch.autograd.grad(total, [values[n.outs[0]] for n in calls], allow_unused=True)
    except Exception:  # a call that cannot be played on its own
        return []
    known = [(n, -g.flatten(1) if g.ndim > 1 else -g) for n, g in zip(calls, gradients) if g is not None and g.ndim]
    return known if all(bool(g.isfinite().all()) for _, g in known) else []


def _filled(look: Look, value: float) -> Tensor:
    return torch.full(look.shape, value, dtype=getattr(torch, look.dtype))
