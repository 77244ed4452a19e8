"""Adam in place of an optimizer that cannot train this network."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import optimizer_call
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import replaced, text_of
from wellfit.nouns.source import last_name


def optimizer_unsuitable(program: Program, finding: Finding) -> list[Edits]:
    """Its class becomes Adam, with the same parameters, at a rate of 1e-3; a too large momentum or eps goes."""
    found = optimizer_call(program)
    if found is None or not found[1].args:
        return []
    source, call = found
    kind = last_name(call.func)
    wrong = [k for k in call.keywords if k.arg in ("momentum", "betas", "eps", "maximize")]
    if kind in ("Adam", "AdamW"):
        usual = {"betas": "(0.9, 0.999)", "eps": "1e-8", "maximize": "False"}
        return [tuple(replaced(source, k.value, usual[k.arg]) for k in wrong if k.arg in usual)]
    prefix = text_of(source, call.func)[: -len(kind)]
    if not prefix and not any(
        isinstance(n, ast.ImportFrom) and any(a.name == "Adam" for a in n.names) for n in source.nodes
    ):
        return []
    made = f"{prefix}Adam({text_of(source, call.args[0])}, lr=1e-3)"
    found_edits: list[Edits] = [(replaced(source, call, made),)]
    if any(k.arg == "momentum" and isinstance(v := source.value(k.value), float) and v > 0.985 for k in wrong):
        found_edits.insert(0, tuple(replaced(source, k.value, "0.9") for k in wrong if k.arg == "momentum"))
    return found_edits
