"""Misplaced: settings of an optimizer that are given in each other's place, by what their own names say."""

from __future__ import annotations

import ast
import inspect

import torch

from wellfit.nouns.calls import given
from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

SAYING = {
    "lr": ("lr", "learning_rate", "learningrate", "learn_rate", "base_lr", "initial_lr", "init_lr", "max_lr"),
    "momentum": ("momentum", "mom"),
    "dampening": ("dampening",),
    "weight_decay": ("weight_decay", "weightdecay", "wd", "l2_penalty"),
    "eps": ("eps", "epsilon"),
    "betas": ("betas",),
}
"""Setting -> names that say that it is meant, and nothing else."""
DEEP = 4


def misplaced(program: Program, main: OptimizerSeen | None, *names: str) -> tuple[Site, str] | None:
    """(the call, what it says) where one of these settings of an optimizer is given by the name of another:
    `SGD(params, momentum, lr)`,
    `lr=weight_decay`, or in a call of a function of the user's that hands it on."""
    source = program.source(main.site) if main else None
    call = source.call_on(main.site.line, main.kind) if source and main and main.site else None
    if source is None or call is None or main is None:
        return None
    order = _settings(main.kind)
    pairs = list(zip(order, [] if any(isinstance(a, ast.Starred) for a in call.args) else call.args))
    pairs += [(kw.arg, kw.value) for kw in call.keywords if kw.arg in order]
    for setting, value in pairs:
        found = None if setting not in names else _other(program, source, call, setting, value)
        if found is not None:
            return found
    return None


def swapped(program: Program, *names: str) -> str:
    """The same as the end of a sentence, "" where they are given by their own names."""
    found = misplaced(program, program.main, *names)
    return f": {found[1]}" if found is not None else ""


def _other(
    program: Program, source: Source, call: ast.Call, setting: str, value: ast.expr, depth: int = DEEP
) -> tuple[Site, str] | None:
    """The call in which this setting is given by another's name, through functions that hand it on by its own."""
    said = _said(value)
    if said and said != setting:
        return Site(source.path, call.lineno), f"`{ast.unparse(value)}` is given where {setting} is taken"
    function = source.enclosing(value, ast.FunctionDef) if isinstance(value, ast.Name) else None
    if said != setting or not isinstance(value, ast.Name) or not isinstance(function, ast.FunctionDef) or not depth:
        return None
    for file in program.sources.values():
        for handed in given(file, source, function, value.id):
            outer = file.enclosing(handed, ast.Call)
            if isinstance(outer, ast.Call):
                return _other(program, file, outer, setting, handed, depth - 1)
    return None


def _said(value: ast.expr) -> str:
    """The setting that a name, an attribute or an entry of a table says it is; "" where it says none."""
    name = last_name(value)
    if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
        name = str(value.slice.value)
    return next((setting for setting, names in SAYING.items() if name.lower() in names), "")


def _settings(kind: str) -> list[str]:
    """Names of an optimizer's arguments, in the order in which they are taken."""
    made = getattr(torch.optim, kind, None)
    return list(inspect.signature(made).parameters) if inspect.isclass(made) else []
