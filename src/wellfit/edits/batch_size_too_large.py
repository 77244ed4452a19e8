"""Smaller batches."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import replaced

USUAL = 32
"""Examples in a batch: Masters and Luschi 2018, whose best results are at 32 and below."""
SLOWER = 6.0


def batch_size_too_large(program: Program, finding: Finding) -> Edits | None:
    """The number of examples in a batch, where it is written, becomes 32."""
    source, rows = program.sources.get(finding.file or ""), program.batch()
    written = source.on(finding.line or 0, ast.Constant) if source else []
    found = [n for n in written if n.value == rows]
    return (replaced(source, found[-1], str(USUAL)),) if source is not None and found and rows > USUAL else None
