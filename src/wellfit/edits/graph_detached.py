"""What cuts the gradient left out."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import removed, renamed, replaced, statement, text_of


def graph_detached(program: Program, finding: Finding) -> Edits | None:
    """`.detach()` and `.data` become what they were called on (a statement that does nothing else goes), no_grad becomes
    enable_grad, requires_grad=False becomes True."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    if source is None:
        return None
    for node in source.on(line, ast.Call, ast.Attribute, ast.Constant):
        if node.lineno != line:
            continue
        inner = None
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("detach", "detach_")
        ):
            inner = node.func.value
        elif isinstance(node, ast.Attribute) and node.attr == "data" and isinstance(node.ctx, ast.Load):
            inner = node.value
        if inner is not None:
            stmt = statement(source, node)
            same = (
                isinstance(stmt, ast.Assign)
                and stmt.value is node
                and ast.unparse(stmt.targets[0]) == ast.unparse(inner)
            )
            bare = isinstance(stmt, ast.Expr) and stmt.value is node
            return (
                removed(source, stmt) if stmt and (same or bare) else (replaced(source, node, text_of(source, inner)),)
            )
        if isinstance(node, ast.Attribute) and node.attr == "no_grad":
            return (renamed(source, node, "enable_grad"),)
        if isinstance(node, ast.Constant) and node.value is False:
            return (replaced(source, node, "True"),)
    return None
