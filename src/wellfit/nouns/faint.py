"""Faint: a term of the loss that holds answers against data, and whose factor is so small that nothing heeds it."""

from __future__ import annotations

import ast
from statistics import median
from typing import NamedTuple

import torch

from wellfit.nouns.program import Program
from wellfit.nouns.tape import Node, Site, Tape
from wellfit.nouns.terms import Term, terms

LESS, SHARE = 0.01, 0.01
"""A factor of this share of the largest, and a share of the first losses, below which a term is faint."""
STILL, FALLEN, BACK, OPEN, MORE = 0.5, 0.1, 0.1, 0.2, 1.5
"""Share of its first value above which a term has not fallen, and below which the others have; share of its last value
that it must have begun with (one that begins at nothing is no more than to be kept there); share of the spread of data that
are the same in each step (boundary values) that is not to be left open; times the error of the best constant answer that
speaks against chance in single batches."""
NEAR = 0.7
"""Share of the steps after which the last one that was written down must lie to speak of the end."""
SQUARED = ("mse_loss", "square", "pow")


class Faint(NamedTuple):
    """factor; the term's value without it, at the beginning and at the end; share of the first losses; the others' sum at
    both ends; where the factor is written."""

    factor: float
    began: float
    ended: float
    share: float
    others: tuple[float, float]
    site: Site | None


def faint(program: Program) -> Faint | None:
    """A squared error against data that counts for next to nothing and has not fallen while all the rest has, though one
    constant answer for each place would do better."""
    loss = program.loss
    if loss is None or program.alternating or len(program.optimizers) != 1:
        return None
    known = terms(loss.tape, loss.total)
    rows = [r for t in program.training() if (r := _row(t, len(known))) is not None]
    last = max((t.index for t in program.training() if _row(t, len(known)) is not None), default=0)
    if len(known) < 2 or len(rows) < 8 or last < NEAR * program.steps or min(t.factor for t in known) <= 0:
        return None
    most = max(t.factor for t in known)
    for i, term in enumerate(known):
        known_by = _least(program, term, i, len(known)) if term.factor <= LESS * most else None
        if known_by is None:
            continue
        least, wide = known_by
        value = lambda some, j: median(r[1][j] for r in some)
        rest = lambda some: median(sum(f * v for k, (f, v) in enumerate(zip(*r)) if k != i) for r in some)  # noqa: B023
        first, last = rows[:3], rows[-4:]
        began, ended = value(first, i), value(last, i)
        others = rest(first), rest(last)
        share = term.factor * began / max(term.factor * began + others[0], 1e-30)
        still = (ended >= STILL * began and began >= BACK * ended and ended > MORE * least) or ended >= OPEN * wide
        if still and ended > 0 and share <= SHARE and 0 <= others[1] <= FALLEN * others[0]:
            loud = max(known, key=lambda t: t.factor) if term.factor == 1 else term
            return Faint(term.factor, began, ended, share, others, _written(program, loss.tape, loud))
    return None


def _row(tape: Tape, n: int) -> tuple[list[float], list[float]] | None:
    """(factors, values) of the terms of a step."""
    known = terms(tape, tape.losses[0]) if len(tape.losses) == 1 else []
    looks = [tape.looks.get(t.node.outs[0]) if t.node.outs else None for t in known]
    values = [x.mean for x in looks if x is not None and x.mean is not None]
    return ([t.factor for t in known], values) if len(known) == len(values) == n else None


def _least(program: Program, term: Term, i: int, n: int) -> tuple[float, float] | None:
    """Of what the term holds answers against: the squared error of the best constant answer (0 where it is the same in each
    step), and the spread of what is the same (infinite where it is not); None where it is no mean of squares or not seen."""
    given = []
    for tape in program.training():
        known = terms(tape, tape.losses[0]) if len(tape.losses) == 1 else []
        target = _target(tape, known[i].node) if len(known) == n and known[i].reduced == "mean" else None
        if target is not None:
            given.append(target.double())
    if len(given) < 8 or any(g.shape != given[0].shape for g in given):
        return None
    every = torch.stack(given)
    if not bool((every == every[0]).all()):
        return float(every.flatten(0, 1).var(0, correction=0).mean()), float("inf")
    wide = float(every[0].var(correction=0))
    return 0.0, wide or float(every[0].square().mean()) or float("inf")


def _target(tape: Tape, reduced: Node) -> torch.Tensor | None:
    """What `((answer - target) ** 2).mean()` or `mse_loss(answer, target)` was held against."""
    makers = tape.inner_makers()
    node = reduced
    if node.name == "mean":
        squared = makers.get(node.ins[0]) if node.ins else None
        if squared is None or squared.name.strip("_") not in SQUARED:
            return None
        node = makers.get(squared.ins[0]) if squared.ins else None
    if node is None or node.name.strip("_") not in ("sub", "rsub", "mse_loss"):
        return None
    data = [i for i in node.ins if i in tape.leaves]
    learnt = [i for i in node.ins if i in makers and makers[i].learnt]
    return tape.leaves[data[0]] if len(data) == len(learnt) == 1 and tape.leaves[data[0]].is_floating_point() else None


def _written(program: Program, tape: Tape, term: Term) -> Site | None:
    """Where the factor is written, if at one place; else where the term is multiplied by it."""
    places = [
        Site(path, n.lineno) for path, source in program.sources.items() for n in source.nodes
        if isinstance(n, ast.Constant) and isinstance(n.value, float) and abs(n.value - term.factor) <= 1e-9 * term.factor
    ]  # fmt: skip
    if len(places) == 1:
        return places[0]
    uses = [
        n for n in tape.nodes if set(n.ins) & set(term.node.outs) and n.site and n.name.strip("_") in ("mul", "rmul")
    ]
    return uses[0].site if uses else term.node.site
