"""The loss is summed or weighted so that its scale, and the step with it, is off."""

from __future__ import annotations

import math
from itertools import combinations

from wellfit.nouns.finding import Finding
from wellfit.nouns.locate import argument
from wellfit.nouns.pace import Pace, scaled_rate
from wellfit.nouns.program import Program
from wellfit.nouns.tape import Site
from wellfit.nouns.terms import Term, accumulated, terms
from wellfit.nouns.units import figure

APART = 200.0
"""How many times more an element of one term may count than one of another; a sum beside a mean over a batch of 40
pictures of 64 points are 2560 apart, a penalty worked out by the row 1 to 100."""
FACTOR = 30.0
"""A constant factor as large (or its inverse) moves the step of plain descent out of its usual range."""
MANY = 4
"""Backward passes of one loss in a step that count as a sum where nothing divides by them."""
GONE = 0.1
"""A summed term that falls below this share of its first value has taken the training over."""


def loss_scale(program: Program) -> list[Finding]:
    """Sees: a summed term beside one that is a mean, a sum over many rows (or over the batches of an accumulated step)
    under an optimizer whose step follows the
    gradient's size, or a constant factor far from 1 under such an optimizer.
    Hurts: the summed term rules and the other is not learnt; or the step is as many times too large as there are rows.
    Mistaken for: lr-too-high, lr-too-low; Adam and its kin do not feel the scale of the whole loss.
    Remedy: the same reduction for all terms (sums over the features, mean over the rows).
    Source: Kingma and Welling 2014, eq. 10 (both terms per example); Goyal et al. 2017, section 2 (rate, reduction)."""
    loss, main = program.loss, program.main
    if loss is None or main is None:
        return []
    known = terms(loss.tape, loss.total)
    mixed = _mixed(program, known)
    if mixed:
        return [mixed]
    if len(known) != 1 or not scaled_rate(main):
        return []
    said = _alone(program, known[0])
    return [said] if said else []


def _mixed(program: Program, known: list[Term]) -> Finding | None:
    """A sum beside a mean."""
    batch = Pace(program).rows
    rowed = [t for t in known if batch > 1 and t.rows == batch]
    for a, b in combinations(rowed, 2):
        heavy, light = (a, b) if a.weight > b.weight else (b, a)
        ratio = heavy.weight / max(light.weight, 1e-30)
        if ratio < APART or heavy.reduced != "sum" or light.reduced != "mean":
            continue
        went = _course(program, heavy)
        if went is None or went[1] > GONE * went[0]:
            continue
        site = light.node.site
        return Finding(
            "loss-scale", "error", "one term of the loss is a sum, the other a mean: the sum rules",
            f"an element of {heavy.node.name} (line {heavy.node.site.line if heavy.node.site else '?'}) counts "
            f"{figure(ratio, 2)} times one of {light.node.name}; it fell from {figure(went[0])} to {figure(went[1])}",
            "sum both terms over the features and average both over the rows", 0.9, loss_step(program),
            site.file if site else None, site.line if site else None, limit=APART,
            source="Kingma and Welling 2014, eq. 10; seen in the run",
        )  # fmt: skip
    return None


def _course(program: Program, term: Term) -> tuple[float, float] | None:
    """The term's size in the first steps and in the last ones."""
    place = term.node.site
    found = []
    for tape in program.training():
        for node in tape.nodes:
            if node.name == term.node.name and node.site == place:
                look = tape.looks.get(node.outs[0]) if node.outs else None
                if look is not None and look.mean is not None:
                    found.append(abs(look.mean))
                break
    return (max(found[:3]), min(found[-3:])) if len(found) > 5 else None


def _alone(program: Program, term: Term) -> Finding | None:
    """One term whose scale is off by its sum or by a constant factor."""
    main, size = program.main, abs(term.factor)
    times = accumulated(program.loss, main.closure) if program.loss and main else 1
    size *= (term.elements if term.reduced == "sum" else 1) * times
    summed = (term.reduced == "sum" or times >= MANY) and size >= 8
    if main is None or (not summed and 1 / FACTOR < size < FACTOR):
        return None
    site = _site(program, term) if times < MANY else (program.sites.get("b") or [None])[0] or _site(program, term)
    how = f"a sum over {term.elements} values" if term.reduced == "sum" else "a mean"
    how += f", {times} of them added up to a step" if times > 1 else ""
    factor = f" times {figure(term.factor)}" if abs(term.factor - 1) > 1e-9 else ""
    rate = main.lr * size
    return Finding(
        "loss-scale", "warning", "the loss is on a scale that the step cannot follow",
        f"{how}{factor}: {main.kind} at {figure(main.lr)} steps as at {figure(rate)} on a plain mean",
        f"divide by {times}" if times >= MANY else "a mean over the batch, without a factor",
        0.95 if math.isfinite(rate) else 0.5, loss_step(program),
        site.file if site else None, site.line if site else None, limit=FACTOR,
        source="Goyal et al. 2017, section 2; seen in the run",
    )  # fmt: skip


def _site(program: Program, term: Term) -> Site | None:
    """Where the reduction is asked for: the loss module's argument, else the call."""
    loss = program.loss
    if loss is not None and loss.made is not None and loss.node is term.node and term.reduced == "sum":
        return argument(program, loss.made, "", "reduction")
    return term.node.site


def loss_step(program: Program) -> int | None:
    """The step at which the loss was written down, None where there is none."""
    return program.loss.tape.index if program.loss else None
