"""Initialisation by hand left out: PyTorch's own stands."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import removed
from wellfit.nouns.source import dotted


def init_unsuitable(program: Program, finding: Finding) -> Edits | None:
    """The calls of nn.init in the block that the finding points at (and a loop that they leave empty) are removed."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    at = (
        [n for n in source.nodes if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or 0)]
        if source
        else []
    )
    if source is None or not at:
        return None
    inner = max(at, key=lambda s: (s.lineno, s.col_offset))
    outer = [s for s in at if isinstance(s, (ast.For, ast.With, ast.If)) and s.lineno >= line - 12]
    block = outer[0] if outer else inner
    found = [s for s in ast.walk(block) if isinstance(s, ast.Expr) and isinstance(s.value, ast.Call)
             and ("init." in dotted(s.value.func) or dotted(s.value.func).endswith("_"))]  # fmt: skip
    return removed(source, *found) if found else None
