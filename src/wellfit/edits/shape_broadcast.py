"""Predictions and targets brought to the same shape."""

from __future__ import annotations

import ast
import re

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import training_call
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import bracketed, replaced
from wellfit.nouns.source import Source


def shape_broadcast(program: Program, finding: Finding) -> list[Edits]:
    """The axis of size 1 squeezed away where the two meet in the loss; else where the network returns."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    shapes = [[int(d) for d in s.split(",") if d.strip()] for s in re.findall(r"\[([\d, ]*)\]", finding.evidence)]
    if source is None or len(shapes) < 2 or len(shapes[0]) == len(shapes[1]):
        return []
    longer = 0 if len(shapes[0]) > len(shapes[1]) else 1
    axis = next((i for i, d in enumerate(shapes[longer]) if d == 1 and i), len(shapes[longer]) - 1)
    found: list[Edits] = []
    pair = _pair(source, line, program)
    if pair is not None:
        found.append((replaced(source, pair[longer], f"{bracketed(source, pair[longer])}.squeeze({axis})"),))
    if longer == 0:
        found += _returns(program, axis)
    return found


def _pair(source: Source, line: int, program: Program) -> tuple[ast.expr, ast.expr] | None:
    """(predictions, targets) as they stand on a line: arguments of a loss, or two sides of a difference."""
    calls = [c for c in source.calls() if c.lineno <= line <= (c.end_lineno or 0) and len(c.args) >= 2]
    differences = [n for n in source.on(line, ast.BinOp) if isinstance(n.op, ast.Sub)]
    if program.loss is not None and program.loss.name and calls:
        return calls[0].args[0], calls[0].args[1]
    if len(differences) == 1:
        left, right = differences[0].left, differences[0].right
        made = any(isinstance(n, ast.Call) for n in ast.walk(right)) and not any(
            isinstance(n, ast.Call) for n in ast.walk(left)
        )
        return (right, left) if made else (left, right)
    return None


def _returns(program: Program, axis: int) -> list[Edits]:
    """The result of the network squeezed where its forward returns."""
    call = training_call(program)
    source = call[0] if call else None
    forwards = [n for n in source.nodes if isinstance(n, ast.FunctionDef) and n.name == "forward"] if source else []
    returns = [n for f in forwards[-1:] for n in ast.walk(f) if isinstance(n, ast.Return) and n.value is not None]
    if source is None or len(forwards) != 1 or len(returns) != 1 or returns[0].value is None:
        return []
    return [(replaced(source, returns[0].value, f"{bracketed(source, returns[0].value)}.squeeze({axis})"),)]
