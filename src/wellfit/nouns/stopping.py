"""Stopping: a training that ended by a rule of its own before its planned number of passes, and where that rule stands."""

from __future__ import annotations

import ast
from typing import NamedTuple

from wellfit.nouns.across import follow, written
from wellfit.nouns.locate import epochs
from wellfit.nouns.pace import Pace, judged
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

GAINED = 0.15
"""Share of all that the evaluations gained, or of what was left, that must have gone in their second half: beyond the noise
of a plateau."""


class Stopped(NamedTuple):
    """passes: made; planned: written in the loop; site: where the rule is set up, else where it ends the loop."""

    passes: float
    planned: int
    site: Site


def stopped(program: Program) -> Stopped | None:
    """None where the loop over epochs ran to its end, or where one does not know."""
    site = (program.sites.get("s") or program.sites.get("b") or [None])[0]
    source, pace = program.source(site), Pace(program)
    found = epochs(program, source, site.line) if source is not None and site is not None else None
    file, loop = found if found is not None else (None, None)
    if file is None or program.main is None or not pace.epoch or not isinstance(loop, ast.For):
        return None
    ends = loop.iter.args[-1] if isinstance(loop.iter, ast.Call) and len(loop.iter.args) in (1, 2) else None
    at, value = follow(program, file, ends) if ends is not None else (file, None)
    planned = at.value(value) if value is not None else None
    passes = program.main.steps / pace.epoch
    rule = _rule(loop)
    if rule is None or not isinstance(planned, int) or passes > planned - 0.9:
        return None
    return Stopped(passes, planned, _place(program, file, rule, improving(program)))


def improving(program: Program) -> bool:
    """Was the program's own evaluation still getting clearly better when the training ended?"""
    for series in (judged(program), _wrong(program)):
        values = [v for at, v in series]
        if len(values) >= 4:
            half = len(values) // 2
            gained = values[0] - min(values)
            early, late = min(values[:-half]), min(values[-half:])
            much = early - late > GAINED * gained or 0 < late < (1 - GAINED) * early
            return gained > 0 and much and min(values[-2:]) == min(values)
    return False


def _wrong(program: Program) -> list[tuple[int, float]]:
    """(program steps, share of wrong answers) of evaluations that count right ones."""
    found: dict[int, list[float]] = {}
    for seen in program.passes:
        for node in () if seen.grad else seen.compared:
            look = seen.tape.looks.get(node.outs[0]) if node.outs else None
            if node.name in ("eq", "__eq__") and look is not None and look.mean is not None:
                found.setdefault(seen.after, []).append(1 - look.mean)
    return sorted((at, sum(v) / len(v)) for at, v in found.items())


def _rule(loop: ast.For) -> ast.If | None:
    """The condition in this loop's body under which it is left."""
    for node in ast.walk(loop):
        if isinstance(node, ast.If) and any(isinstance(n, (ast.Break, ast.Return)) for n in node.body):
            inner = [n for n in ast.walk(loop) if isinstance(n, (ast.For, ast.While)) and n is not loop]
            if not any(n.lineno <= node.lineno <= (n.end_lineno or 0) for n in inner):
                return node
    return None


def _compared(source: Source, made: ast.Call) -> Site | None:
    """Where an object of the user's own class compares what it is told with its best so far."""
    owner = next((n for n in source.nodes if isinstance(n, ast.ClassDef) and n.name == last_name(made.func)), None)
    for test in (n.test for n in ast.walk(owner) if isinstance(n, (ast.If, ast.IfExp))) if owner is not None else ():
        for node in ast.walk(test):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
                return Site(source.path, node.lineno, "")
    return None


def _place(program: Program, source: Source, rule: ast.If, better: bool) -> Site:
    """Where the patience is written: the object that is asked, or the number that is compared with. better: the training
    got better all the time, so that the comparison itself must be wrong."""
    for node in ast.walk(rule.test):
        if isinstance(node, ast.Compare):
            for side in (*node.comparators, node.left):
                at, end = follow(program, source, side)
                if isinstance(at.value(end), (int, float)):
                    return written(program, source, side)
    for node in ast.walk(rule.test):
        name = last_name(node.func if not isinstance(node.func, ast.Attribute) else node.func.value) if isinstance(
            node, ast.Call) else last_name(node.value) if isinstance(node, ast.Attribute) else ""  # fmt: skip
        for made in source.assignments(name) if name else []:
            if isinstance(made.value, ast.Call):
                return (_compared(source, made.value) if better else None) or Site(source.path, made.lineno, "")
    return Site(source.path, rule.lineno, "")
