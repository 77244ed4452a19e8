"""Train mode for training, eval mode for evaluation."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edit, Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import network_call, training_call
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import before, statement, text_of
from wellfit.nouns.source import Source


def mode_wrong(program: Program, finding: Finding) -> Edits | None:
    """`model.eval()` before the evaluation, `model.train()` before the loop over batches, by the script's names."""
    trains = _trains(program)
    if "goes on in eval mode" in finding.summary:
        return trains
    source = program.sources.get(finding.file or "")
    call = network_call(source, finding.line or 0)
    if source is None or call is None:
        return None
    at: ast.stmt | None = statement(source, call)
    while at is not None and (around := _around(source, at)) is not None:
        at = around
    if at is None:
        return None
    edit = before(source, at, f"{text_of(source, call.func)}.eval()")
    while_training = any(p.after < program.steps - 1 and p.compared for p in program.passes)
    return (edit, *(trains or ())) if while_training else (edit,)


def _around(source: Source, stmt: ast.stmt) -> ast.stmt | None:
    """The `with no_grad` or loop that the evaluation is in, where the training is not in it too."""
    parent = source.parents.get(stmt)
    if not isinstance(parent, (ast.With, ast.For)):
        return None
    trained = any(isinstance(n, ast.Attribute) and n.attr == "backward" for n in ast.walk(parent))
    return None if trained else parent


def _trains(program: Program) -> tuple[Edit, ...] | None:
    found = training_call(program)
    if found is None:
        return None
    source, call = found
    text = f"{text_of(source, call.func)}.train()"
    loops = [
        n
        for n in source.nodes
        if isinstance(n, (ast.For, ast.While)) and n.lineno <= call.lineno <= (n.end_lineno or 0)
    ]
    loops.sort(key=lambda n: n.lineno)
    if not loops:
        return None
    inner = loops[-1]
    alone = len(loops) == 1 and source.enclosing(inner, ast.FunctionDef) is None
    return (before(source, inner.body[0] if alone else inner, text),)
