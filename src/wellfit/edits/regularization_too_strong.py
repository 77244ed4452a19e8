"""Dropout and weight decay reduced to usual sizes."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edit, Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import optimizer_value
from wellfit.nouns.origin import origin
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import given, replaced

DROPOUT, DECAY = "0.2", "1e-4"
STRONG, HEAVY = 0.5, 0.01
"""Above these a dropout, a weight decay counts as strong."""


def regularization_too_strong(program: Program, finding: Finding) -> Edits:
    """Every dropout above a half becomes 0.2, a weight decay above 0.01 becomes 1e-4, where they are written."""
    found: dict[Edit, None] = {}
    for source in program.sources.values():
        for call in source.calls("Dropout", "Dropout2d", "Dropout1d", "AlphaDropout", "dropout"):
            value = given(call, "p", 0 if call.func and _made(call) else 1)
            at = origin(source, value) if value is not None else None
            size = source.value(at)
            if at is not None and isinstance(size, (int, float)) and size > STRONG:
                found[replaced(source, at, DROPOUT)] = None
    decay = optimizer_value(program, "weight_decay")
    size = decay[0].value(decay[1]) if decay else None
    if decay and isinstance(size, (int, float)) and size > HEAVY:
        found[replaced(*decay, DECAY)] = None
    return tuple(found)


def _made(call: ast.Call) -> bool:
    """A layer that is made, not a function that is called with a tensor?"""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name[:1].isupper()
