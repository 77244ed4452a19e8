"""Wiping: gradients that are computed and cleared before any step uses them: how often, and where it is written."""

from __future__ import annotations

import ast
import re

from wellfit.nouns.program import Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site


def told(program: Program) -> str:
    """Clearing, backward and step, in their order."""
    return re.sub("[^zbs]", "", program.events)


def wasted(program: Program) -> int:
    """Backward passes whose gradients were cleared without a step between."""
    return len(re.findall("b(?=z+b)", told(program)))


def wiped_between(program: Program) -> Site | None:
    """The call that clears in a loop that means to add gradients up: one of several losses of the same step, each with
    its own backward, or micro-batches with a step every so many. None where a step is missing instead."""
    backs, clears, steps = (program.sites.get(k) or [] for k in "bzs")
    if len(program.optimizers) != 1 or not backs or not clears or not steps:
        return None
    each = [part.count("b") for part in told(program).split("s")[:-1]]
    if len(backs) > 1 and each and min(each) > 1 and max(each) <= len(backs):
        first, last = min(b.line for b in backs), max(b.line for b in backs)
        return next((z for z in clears if z.file == backs[0].file and first < z.line < last), None)
    source = program.source(steps[0])
    if source is None or not _every_so_many(source, steps[0].line, backs[0].line):
        return None
    loop = source.loop_around(steps[0].line)
    return next((z for z in clears if loop and loop.lineno <= z.line <= (loop.end_lineno or 0)), None)


def where_wiped(program: Program) -> Site | None:
    """The statement between backward and step that leaves no gradient: zero_grad, or a gradient assigned or zeroed by
    hand; where a function of the user's does it, the call of that function."""
    back, step = ((program.sites.get(k) or [None])[0] for k in "bs")
    known = (program.sites.get("z") or [None])[-1] if re.search("bz+s", told(program)) else None
    source = program.source(known or step or back)
    if source is None:
        return known
    line = known.line if known else _by_hand(source, back, step)
    if line is None:
        return known
    inside = _function_at(source, line)
    if inside and back and step and back.file == step.file == source.path and back.line < step.line:
        low, high = back.line, step.line
        called = [c.lineno for c in source.calls(inside.name) if low <= c.lineno <= high]
        line = called[0] if called and not low <= line <= high else line
    return Site(source.path, line)


def _by_hand(source: Source, back: Site | None, step: Site | None) -> int | None:
    """The line that gives gradients up without zero_grad: nearest to where the optimizer steps, before it if need be."""
    lines = []
    for n in source.nodes:
        if isinstance(n, ast.Assign) and any(isinstance(t, ast.Attribute) and t.attr == "grad" for t in n.targets):
            lines.append(n.lineno)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in ("zero_", "fill_", "mul_"):
            lines += [n.lineno] if ".grad" in ast.unparse(n.func.value) else []
    between = [i for i in lines if back and step and back.line < i <= step.line]
    return next(iter(between or lines), None)


def _function_at(source: Source, line: int) -> ast.FunctionDef | None:
    """The innermost function around a line."""
    found = list(source.on(line, ast.FunctionDef))
    return found[-1] if found else None


def _every_so_many(source: Source, step: int, back: int) -> bool:
    """Does the optimizer step under a condition on a count, in the loop in which backward runs?"""
    loop = source.loop_around(step)
    if loop is None or loop is not source.loop_around(back):
        return False
    held = [n for n in source.on(step, ast.If) if n.lineno > loop.lineno]
    return any(isinstance(x, ast.Mod) or _counts(x) for n in held for x in ast.walk(n.test))


def _counts(node: ast.AST) -> bool:
    """A count held against how many there are to be: `len(micro) == 8`, `seen >= accumulate`."""
    return isinstance(node, ast.Compare) and any(isinstance(o, (ast.Eq, ast.GtE)) for o in node.ops)
