"""Rising: where a schedule that never gets to its highest rate goes wrong: its length, or how seldom it is stepped."""

from __future__ import annotations

import ast

from wellfit.nouns.across import follow, written
from wellfit.nouns.locate import schedule
from wellfit.nouns.origin import origin
from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

LENGTHS = ("total_iters", "total_steps", "num_warmup_steps", "warmup_steps", "warmup", "step_size_up", "epochs")
"""Arguments by which a schedule is told how long it takes to rise."""
BY_BATCH = frozenset(("OneCycleLR", "CyclicLR"))
"""Schedulers that are stepped after every batch, by their documentation."""
SELDOM = 0.5
"""Steps of the scheduler to one of the optimizer, below which it is not stepped after each batch."""
WHOLE, FAR = 1.5, 2.0
"""Times the training's steps that a length in steps may come to, and times the schedule's own steps from which a length
without a name is taken for one in steps."""


def seldom(main: OptimizerSeen | None) -> bool:
    """Is the scheduler stepped far less often than the optimizer, once a pass over the data, say?"""
    return main is not None and 0 < main.schedule_steps < SELDOM * main.steps


def rise(program: Program) -> Site | None:
    """Where a rate is kept from rising: the scheduler's step, where it is stepped once a pass though it counts steps;
    else where it is written how long the rise takes: an argument, or what the function that it was given divides by; else
    where the schedule is made."""
    main = program.main
    site = main.schedule_site if main is not None else None
    source = program.source(site)
    if main is None or source is None or site is None:
        return schedule(program)
    found = _length(program, source, site)
    in_steps = main.schedule in BY_BATCH or (found is not None and _in_steps(program, main, *found))
    if in_steps and seldom(main) and main.schedule_last is not None:
        return main.schedule_last
    return written(program, *found) if found is not None else site


def _length(program: Program, source: Source, site: Site) -> tuple[Source, ast.expr] | None:
    """The expression that says how long a schedule rises, and its file."""
    call = source.call_on(site.line)
    value = source.keyword(call, *LENGTHS)
    if value is not None:
        return source, value
    for expr in [*call.args[1:], *(k.value for k in call.keywords)] if call is not None else []:
        at, function = follow(program, source, expr)
        if isinstance(function, ast.Name):
            function = at.definition(function.id) or function
        parts = [n.right for n in ast.walk(function) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
        parts = [p for p in parts if isinstance(p, (ast.Name, ast.Attribute, ast.Subscript, ast.Constant))]
        if parts:
            return at, parts[0]
    return None


def _in_steps(program: Program, main: OptimizerSeen, source: Source, length: ast.expr) -> bool:
    """Is a length counted in steps of the optimizer? By its names on the way to where it is written; where these do not
    say, by its size: more than the schedule was ever stepped, but no more than the optimizer was."""
    words, at = "", length
    for _ in range(8):
        words += " " + " ".join(_words(at))
        before = origin(source, at, 1)
        if before is at:
            break
        at = before
    file, end = follow(program, source, length)
    value = file.value(end)
    if "epoch" in words and "per_epoch" not in words:
        return False
    if isinstance(value, (int, float)) and value > WHOLE * main.steps:
        return False
    if any(w in words for w in ("step", "iter", "batch")):
        return True
    return isinstance(value, (int, float)) and value > FAR * main.schedule_steps


def _words(expr: ast.expr) -> list[str]:
    """Names and keys in an expression, in small letters."""
    nodes = list(ast.walk(expr))
    keys = [n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [w.lower() for w in [*(last_name(n) for n in nodes), *keys]]
