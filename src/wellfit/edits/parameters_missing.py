"""Layers registered, and all parameters handed to the optimizer."""

from __future__ import annotations

import ast
import re

from wellfit.nouns.edit import Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.naming import optimizer_call, sees, training_call
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import after, bracketed, removed, replaced, statement, text_of


def parameters_missing(program: Program, finding: Finding) -> list[Edits]:
    """A list of layers becomes nn.ModuleList, a dictionary nn.ModuleDict; the optimizer's first argument becomes the
    whole network's parameters; an optimizer made too early moves behind what replaced the layers."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    if source is None:
        return []
    prefix = "nn" if re.search(r"\bnn\b", source.text) else "torch.nn"
    for node in source.nodes:
        if isinstance(node, ast.Assign) and node.lineno == line and isinstance(node.targets[0], ast.Attribute):
            kind = {ast.List: "ModuleList", ast.ListComp: "ModuleList", ast.Dict: "ModuleDict"}.get(type(node.value))
            if kind:
                empty = isinstance(node.value, ast.List) and not node.value.elts
                text = "" if empty else text_of(source, node.value)
                return [(replaced(source, node.value, f"{prefix}.{kind}({text})"),)]
    made, call = optimizer_call(program), training_call(program)
    if made is None or not made[1].args:
        return []
    home, maker = made
    found: list[Edits] = []
    stmt = statement(home, maker)
    name = re.match(r"(\w+)\.parameters\(\)$", text_of(home, maker.args[0]))
    if name and isinstance(stmt, ast.Assign):
        later = [s for s in home.nodes if isinstance(s, ast.Assign) and s.lineno > stmt.lineno
                 and ast.unparse(s.targets[0]).startswith(name.group(1) + ".") and sees(home, s, stmt)
                 and home.parents.get(s) is home.parents.get(stmt)]  # fmt: skip
        if later:
            found.append((*removed(home, stmt), after(home, later[-1], text_of(home, stmt))))
    network = call[1].func if call and call[0] is home and sees(home, maker, call[1]) else None
    if network is not None and text_of(home, maker.args[0]) != f"{text_of(home, network)}.parameters()":
        found.append((replaced(home, maker.args[0], f"{bracketed(home, network)}.parameters()"),))
    return found
