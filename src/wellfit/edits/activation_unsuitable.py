"""ReLU as the hidden activation."""

from __future__ import annotations

import ast
from itertools import pairwise

from wellfit.nouns.edit import Edit, Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import renamed, with_item
from wellfit.nouns.source import Source, last_name

SOFT = {"Sigmoid": "ReLU", "Tanh": "ReLU", "Hardtanh": "ReLU", "Hardsigmoid": "ReLU", "Softsign": "ReLU", "sigmoid": "relu",
        "tanh": "relu", "hardtanh": "relu"}  # fmt: skip


def activation_unsuitable(program: Program, finding: Finding) -> list[Edits]:
    """Sigmoid and tanh of that kind renamed to ReLU, but for one at the output; between layers of an nn.Sequential that
    has none, ReLU added."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    if source is None:
        return []
    here = [
        n for n in source.nodes if isinstance(n, (ast.Attribute, ast.Name)) and n.lineno <= line <= (n.end_lineno or 0)
    ]
    kinds = {last_name(n) for n in here} & set(SOFT)
    missing = _between(source)
    if not kinds and not missing and program.loss is not None:  # the line calls what another made: `act()`
        ran = {n.name for n in program.loss.tape.nodes if n.depth}
        kinds = {k for k in SOFT if k.lower() in ran}
    if not kinds:
        return [missing] if missing else []
    functions = [
        n
        for n in source.nodes
        if isinstance(n, (ast.Attribute, ast.Name)) and last_name(n) in kinds and not _last(source, n)
    ]
    return [tuple(renamed(source, n, SOFT[last_name(n)]) for n in functions)]


def _last(source: Source, func: ast.expr) -> bool:
    """Does the activation stand at the output: last in its Sequential, or around what is returned?"""
    call = source.parents.get(func)
    parent = source.parents.get(call) if isinstance(call, ast.Call) else None
    if isinstance(parent, ast.Return):
        return True
    if isinstance(parent, ast.Call) and last_name(parent.func) == "Sequential":
        return parent.args[-1] is call
    return False


def _between(source: Source) -> tuple[Edit, ...]:
    for sequential in source.calls("Sequential"):
        layers = [a for a in sequential.args if isinstance(a, ast.Call)]
        pairs = [(a, b) for a, b in pairwise(layers) if last_name(a.func) == last_name(b.func) == "Linear"]
        if pairs and len(layers) == len(sequential.args):
            prefix = ast.unparse(pairs[0][0].func).removesuffix("Linear")
            return tuple(with_item(source, list(sequential.args), a, f"{prefix}ReLU()") for a, _ in pairs)
    return ()
