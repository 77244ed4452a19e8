"""The mean over the batch in place of a sum; a constant factor left out."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import renamed, replaced, text_of

RESCALES = True


def loss_scale(program: Program, finding: Finding) -> list[Edits]:
    """`reduction="sum"` becomes "mean" in the same quotes, `.sum()` becomes `.mean()`, `1000 * loss` becomes `loss`."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    if source is None:
        return []
    here = [c for c in source.calls() if c.lineno <= line <= (c.end_lineno or 0)]
    for call in here:
        value = source.keyword(call, "reduction")
        if isinstance(value, ast.Constant) and value.value == "sum":
            return [(replaced(source, value, text_of(source, value).replace("sum", "mean")),)]
    for call in here:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "sum":
            return [(renamed(source, call.func, "mean"),)]
    for node in source.nodes:
        product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)
        if isinstance(node, ast.BinOp) and product and node.lineno <= line <= (node.end_lineno or 0):
            for constant, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(source.value(constant), (int, float)):
                    return [(replaced(source, node, text_of(source, other)),)]
    return []
