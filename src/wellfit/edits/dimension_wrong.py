"""The axis corrected."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import given, with_argument

ALONG = ("softmax", "log_softmax", "Softmax", "LogSoftmax", "softmin", "argmax", "normalize", "mean", "sum", "max")
RECURRENT = ("LSTM", "GRU", "RNN", "MultiheadAttention", "TransformerEncoderLayer")


def dimension_wrong(program: Program, finding: Finding) -> list[Edits]:
    """`dim=1` or `dim=-1` in place of another; `batch_first=True` for recurrent layers and attention."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    here = [c for c in source.calls(*ALONG, *RECURRENT) if c.lineno <= line <= (c.end_lineno or 0)] if source else []
    for call in here:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if source is not None and name in RECURRENT:
            return [(with_argument(source, call, "batch_first", "True"),)]
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        function = isinstance(owner, ast.Name) and owner.id in ("F", "torch")
        position = 1 if function else 0
        now = source.value(given(call, "dim", position)) if source else None
        if source is not None:
            return [(with_argument(source, call, "dim", dim, position),) for dim in ("1", "-1") if str(now) != dim]
    return []
