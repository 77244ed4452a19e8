"""Other units: answers that are taken back to the targets' own units and scored against targets that are not, or the other
way round."""

from __future__ import annotations

import ast
from typing import NamedTuple

from wellfit.nouns.program import PassSeen, Program
from wellfit.nouns.source import last_name
from wellfit.nouns.tape import Look, Node, Site
from wellfit.nouns.units import figure

AWAY, APART, OUTSIDE, FEW = 4.0, 5.0, 0.8, 7
"""Standard deviations between two means, and ratio of two standard deviations, that a network which agrees with its targets
in training does not show in one unit; with another spread, the former; rows that say too little."""
CLOSE, LIKE = 1.0, 3.0
"""The same, at most, between its answers and targets in training."""
SHARP = frozenset(("abs", "square", "pow", "__pow__", "mul", "__mul__"))
WHOLE = frozenset(("mean", "sum", "sqrt", "item"))
ERRORS = frozenset(("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"))


class Mixed(NamedTuple):
    """What is scored in two units: evidence, and where the side is gathered that is still as in training."""

    evidence: str
    site: Site | None


def scored_apart(program: Program) -> Mixed | None:
    """The last error in evaluation whose two sides lie far apart where training has them together; None otherwise."""
    loss = next((x for x in reversed(program.losses) if _together(x.look(x.answer), x.look(x.target))), None)
    if loss is None or program.task != "regression":
        return None
    for q in reversed([p for p in program.passes if p.after >= program.steps / 2 and not p.grad]):
        for node in q.compared:
            sides = [q.tape.looks.get(i) for i in node.ins[:2]]
            if not _error(q, node) or len(sides) != 2 or not _apart(*sides):
                continue
            target = loss.look(loss.target)
            as_trained = min((0, 1), key=lambda i: _off(sides[i], target))
            said = ", ".join(f"{figure(s.mean)} ± {figure(s.std)}" for s in sides if s and s.mean is not None and s.std)
            where = _gathered(program, node, as_trained)
            return Mixed(f"the two sides are {said} there; in training answers and targets agree", where)
    return None


def _known(*looks: Look | None) -> bool:
    return all(x is not None and x.mean is not None and x.std and len(x.shape) > 0 for x in looks)


def _off(a: Look | None, b: Look | None) -> float:
    """How far the mean of a lies from b's, in b's standard deviations."""
    return abs(a.mean - b.mean) / b.std if _known(a, b) else float("inf")  # type: ignore[union-attr, operator]


def _ratio(a: Look, b: Look) -> float:
    return max(a.std / b.std, b.std / a.std)  # type: ignore[operator]


def _together(a: Look | None, b: Look | None) -> bool:
    return _known(a, b) and _off(a, b) < CLOSE and _ratio(a, b) < LIKE  # type: ignore[arg-type]


def _apart(a: Look | None, b: Look | None) -> bool:
    """Of one shape, each mean outside what the other side spreads over, and far or of another spread. (Answers that are
    all alike have their mean among the targets.)"""
    if not _known(a, b) or a.shape != b.shape or max(a.shape) <= FEW:  # type: ignore[union-attr]
        return False
    off = min(_off(a, b), _off(b, a))
    return off > AWAY or (off > OUTSIDE and _ratio(a, b) > APART)  # type: ignore[arg-type]


def _error(q: PassSeen, node: Node) -> bool:
    """Is it an error: a difference whose size is taken and averaged?"""
    if node.name in ERRORS:
        return True
    if node.name not in ("sub", "__sub__", "rsub", "__rsub__"):
        return False
    sharp, made = set(node.outs), set()
    for n in q.tape.nodes[q.tape.nodes.index(node) + 1 :]:
        if n.name in SHARP and sharp & set(n.ins):
            made |= set(n.outs)
        elif n.name in WHOLE and made & set(n.ins):
            return True
    return False


def _gathered(program: Program, node: Node, side: int) -> Site | None:
    """Where the side of this error is put together: what is appended to its name, else its assignment, else the error."""
    source = program.source(node.site)
    if source is None or node.site is None:
        return node.site
    pairs = [(b.left, b.right) for b in source.on(node.site.line, ast.BinOp) if isinstance(b.op, ast.Sub)]
    pairs += [
        (c.args[0], c.args[1]) for c in source.on(node.site.line, ast.Call) if len(c.args) > 1 and node.name in ERRORS
    ]
    name = next((x.id for p in pairs if isinstance(x := p[side], ast.Name)), None)
    if name is None:
        return node.site
    added = [
        c
        for c in source.calls("append", "extend")
        if isinstance(c.func, ast.Attribute) and last_name(c.func.value) == name
    ]
    given = [a for a in source.assignments(name) if a.lineno < node.site.line]
    near = [c.lineno for c in added if c.lineno < node.site.line] or [a.lineno for a in given]
    return Site(node.site.file, max(near)) if near else node.site
