"""The activation at the output left out, or the one that the loss needs put there."""

from __future__ import annotations

import ast

from wellfit.nouns.edit import Edit, Edits
from wellfit.nouns.finding import Finding
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import removed, renamed, replaced, statement, text_of, with_item, without
from wellfit.nouns.source import Source, last_name

MODULES = ("Softmax", "LogSoftmax", "Sigmoid", "ReLU", "Tanh", "ReLU6", "Hardtanh", "Hardsigmoid", "Softplus", "Softsign",
           "Softmin", "LogSigmoid")  # fmt: skip
CALLS = ("softmax", "log_softmax", "sigmoid", "relu", "tanh", "clamp", "clip", "softplus", "hardtanh", "relu6", "softmin",
         "hardsigmoid", "abs", "exp")  # fmt: skip


def output_activation_unsuitable(program: Program, finding: Finding) -> list[Edits]:
    """A module is taken out of its Sequential, an attribute becomes nn.Identity, a call becomes what it was given;
    `sigmoid` in its place, or behind the last layer, where the loss takes probabilities."""
    source, line = program.sources.get(finding.file or ""), finding.line or 0
    if source is None:
        return []
    sigmoid = finding.remedy.startswith("sigmoid") or finding.remedy.startswith("a sigmoid")
    needs = sigmoid and (program.loss is None or program.loss.name in ("binary_cross_entropy", ""))
    said = finding.summary.lower().replace("_", "")
    for call in sorted(_on(source, line, (*MODULES, *CALLS)), key=lambda c: last_name(c.func).lower() not in said):
        module = last_name(call.func) in MODULES
        left_out = _module_out(source, call) if module else _call_out(source, call)
        return [_sigmoid(source, call, module)] if needs else [left_out] if left_out else []
    layers = _on(source, line, ("Linear", "LazyLinear", "Conv2d"))
    return [(edit,)] if sigmoid and layers and (edit := _added(source, layers[-1])) else []


def _on(source: Source, line: int, names: tuple[str, ...]) -> list[ast.Call]:
    return [c for c in source.calls(*names) if c.lineno <= line <= (c.end_lineno or c.lineno)]


def _module_out(source: Source, call: ast.Call) -> Edits | None:
    parent = source.parents.get(call)
    if isinstance(parent, (ast.List, ast.Tuple)) and len(parent.elts) > 1:
        return (without(source, parent.elts, call),)
    if isinstance(parent, ast.Call) and last_name(parent.func) == "Sequential" and len(parent.args) > 1:
        return (without(source, parent.args, call),)
    stmt = statement(source, call)
    if (
        isinstance(parent, ast.Call)
        and last_name(parent.func) in ("add_module", "append")
        and isinstance(stmt, ast.Expr)
    ):
        return removed(source, stmt)
    name = text_of(source, call.func)
    return (replaced(source, call, name[: len(name) - len(last_name(call.func))] + "Identity()"),)


def _call_out(source: Source, call: ast.Call) -> Edits | None:
    method = isinstance(call.func, ast.Attribute) and last_name(call.func.value) not in (
        "F",
        "torch",
        "functional",
        "nn",
    )
    inner = call.func.value if method and isinstance(call.func, ast.Attribute) else call.args[0] if call.args else None
    return (replaced(source, call, text_of(source, inner)),) if inner is not None else None


def _sigmoid(source: Source, call: ast.Call, module: bool) -> Edits:
    if not module:
        inner = _call_out(source, call)
        return (replaced(source, call, f"torch.sigmoid({inner[0].text})"),) if inner else ()
    name = renamed(source, call.func, "Sigmoid")
    arguments = [*call.args, *call.keywords]
    if not arguments:
        return (name,)
    line, col = call.func.end_lineno or 0, call.func.end_col_offset or 0
    end = Edit(source.path, line, col, call.end_lineno or 0, call.end_col_offset or 0, "()")
    return name, end


def _added(source: Source, layer: ast.Call) -> Edit | None:
    """A sigmoid behind the last layer."""
    parent, name = source.parents.get(layer), text_of(source, layer.func)
    text = name[: len(name) - len(last_name(layer.func))] + "Sigmoid()"
    if isinstance(parent, ast.Call) and last_name(parent.func) == "Sequential":
        return with_item(source, parent.args, layer, text)
    if isinstance(parent, ast.List):
        return with_item(source, parent.elts, layer, text)
    if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Attribute):
        uses = list(source.calls(parent.targets[0].attr))
        return replaced(source, uses[-1], f"torch.sigmoid({text_of(source, uses[-1])})") if uses else None
    return None
