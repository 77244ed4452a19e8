"""Stopping: a training that ended by a rule of its own before its planned number of passes, and where that rule stands."""

from __future__ import annotations

import ast
from typing import NamedTuple

from wellfit.nouns.across import follow, written
from wellfit.nouns.bindings import bindings
from wellfit.nouns.locate import epochs
from wellfit.nouns.pace import Pace, judged
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

GAINED = 0.15
"""Share of all that the evaluations gained, or of what was left, that must have gone in their second half: beyond the noise
of a plateau."""
COUNTS, LONGER = 0.02, 4.0
"""Share of all that the evaluations gained that going on must promise; times as long as it went, at most, to be told from
how it went."""


class Stopped(NamedTuple):
    """passes: made; planned: written in the loop, None where it has no end of its own; site: where the rule is set up, else
    where it ends the loop."""

    passes: float
    planned: int | None
    site: Site


def stopped(program: Program) -> Stopped | None:
    """None where the loop over epochs ran to its end, or where one does not know."""
    site = (program.sites.get("s") or program.sites.get("b") or [None])[0]
    source, pace = program.source(site), Pace(program)
    found = epochs(program, source, site.line) if source is not None and site is not None else None
    file, loop = found if found is not None else (None, None)
    if file is None or program.main is None or not pace.epoch:
        return None
    if isinstance(loop, ast.While):
        return _until(program, file, loop, program.main.steps / pace.epoch)
    if not isinstance(loop, ast.For):
        return None
    ends = loop.iter.args[-1] if isinstance(loop.iter, ast.Call) and len(loop.iter.args) in (1, 2) else None
    at, value = follow(program, file, ends) if ends is not None else (file, None)
    planned = at.value(value) if value is not None else None
    passes = program.main.steps / pace.epoch
    rule = _rule(loop)
    if rule is None or not isinstance(planned, int) or passes > planned - 0.9:
        return None
    return Stopped(passes, planned, _place(program, file, rule, improving(program, planned / passes)))


def left(program: Program) -> Site | None:
    """The statement that leaves the loop over epochs in its first pass, whatever happens; or, where its batches come from
    an iterator made before that loop, where that is made: it gives nothing in the second pass."""
    site = (program.sites.get("s") or program.sites.get("b") or [None])[0]
    source = program.source(site)
    found = epochs(program, source, site.line) if source is not None and site is not None else None
    if found is None or site is None or not isinstance(found[1], ast.For):
        return None
    file, loop = found[0], found[1]
    ends = loop.iter.args[-1] if isinstance(loop.iter, ast.Call) and len(loop.iter.args) in (1, 2) else None
    at, value = follow(program, file, ends) if ends is not None else (file, None)
    planned = at.value(value) if value is not None else None
    if not isinstance(planned, int) or planned < 2 or last_name(getattr(loop.iter, "func", loop.iter)) not in COUNTING:
        return None
    inner = [n for n in loop.body if isinstance(n, ast.For)]
    for statement in [*loop.body, *(n for i in inner for n in i.body)]:
        out = isinstance(statement, ast.Break) and statement in loop.body
        if out or isinstance(statement, ast.Return):
            return Site(file.path, statement.lineno, "")
    if file is source and any(i.lineno <= site.line <= (i.end_lineno or 0) for i in inner):
        return _spent(file, loop, next(i for i in inner if i.lineno <= site.line <= (i.end_lineno or 0)))
    return None


COUNTING = ("range", "trange")
ONCE = ("iter", "zip", "map", "filter", "islice", "chain")
"""Calls that give an iterator, which can be walked through a single time."""


def _spent(source: Source, loop: ast.For, inner: ast.For) -> Site | None:
    """Where the iterator that the inner loop walks through is made, once, before the loop around it."""
    walked = inner.iter
    if isinstance(walked, ast.Call) and last_name(walked.func) in ("enumerate", "tqdm") and walked.args:
        walked = walked.args[0]
    if not isinstance(walked, ast.Name) or any(isinstance(n, ast.Break) for n in inner.body):
        return None
    given = bindings(source, walked.id, source.enclosing(loop, ast.FunctionDef))
    if len(given) != 1 or given[0].path or loop.lineno <= given[0].statement.lineno <= (loop.end_lineno or 0):
        return None
    value = given[0].value
    made = last_name(value.func) if isinstance(value, ast.Call) else ""
    own = source.definition(made) if made and isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else None
    yields = own is not None and any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in ast.walk(own))
    endless = own is not None and any(isinstance(n, ast.While) for n in ast.walk(own))
    plain = isinstance(getattr(value, "func", None), ast.Name)
    if isinstance(value, ast.GeneratorExp) or (plain and made in ONCE and own is None) or (yields and not endless):
        return Site(source.path, given[0].statement.lineno, "")
    return None


def _until(program: Program, source: Source, loop: ast.While, passes: float) -> Stopped | None:
    """`while abs(before - now) > tolerance and step < 1000`: ended by what is measured, not by what is counted."""
    counted = {last_name(n.target) for n in ast.walk(loop) if isinstance(n, ast.AugAssign)}
    rules, planned = [], None
    for test in loop.test.values if isinstance(loop.test, ast.BoolOp) else [loop.test]:
        if not isinstance(test, ast.Compare) or len(test.comparators) != 1:
            continue
        sides = [test.left, test.comparators[0]]
        if any(last_name(s) in counted for s in sides):
            values = [at.value(e) for at, e in (follow(program, source, s) for s in sides)]
            planned = next((v for v in values if isinstance(v, int) and v > 1), None)
        else:
            rules.append(sides)
    steps = program.main.steps if program.main is not None else 0
    if not rules or (planned is not None and steps >= planned - 1):
        return None
    for side in (s for sides in rules for s in sides[::-1]):
        at, end = follow(program, source, side)
        if isinstance(at.value(end), (int, float)):
            return Stopped(passes, planned, written(program, source, side))
    return None


def improving(program: Program, planned: float = LONGER) -> bool:
    """Was the program's own evaluation still getting clearly better when the training ended? planned: times as many passes
    as it made."""
    for series in (judged(program), _wrong(program)):
        values = [v for at, v in series]
        if len(values) >= 4:
            half = len(values) // 2
            gained = values[0] - min(values)
            early, late = min(values[:-half]), min(values[-half:])
            much = early - late > GAINED * gained or (0 < late < (1 - GAINED) * early and _matters(values, planned))
            return gained > 0 and much and min(values[-2:]) == min(values)
    return False


def _matters(values: list[float], planned: float) -> bool:
    """Would the rest of what was planned, at the pace of the last quarter, bring it down by a share that counts of all that
    it gained? A loss can go on falling by a few per cent of next to nothing for as long as one likes."""
    quarter, best = max(len(values) // 4, 1), min(values)
    more = (min(planned, LONGER) - 1) * len(values)
    further = best * (1 - (best / min(values[:-quarter])) ** (more / quarter))
    return further > COUNTS * (values[0] - best)


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
