"""Naming: what a user's own code calls its optimizer and its network, and the statements of its training step."""

from __future__ import annotations

import ast

from wellfit.nouns.origin import entry, origin
from wellfit.nouns.program import Program
from wellfit.nouns.rewrite import statement, text_of
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Site

OTHERS = frozenset(("print", "len", "range", "zip", "float", "int", "enumerate", "sum", "list", "round", "tqdm"))
"""Calls by a plain name that are no network's."""
Place = tuple[Source, ast.stmt]


def at(program: Program, letter: str) -> Place | None:
    """The statement of an event: "b" backward, "s" step, "z" gradients cleared, "v" scheduler."""
    return statement_of(program, (program.sites.get(letter) or [None])[0], letter)


def statement_of(program: Program, site: Site | None, letter: str = "") -> Place | None:
    """The statement at a site."""
    source = program.source(site)
    if source is None or site is None:
        return None
    word = {"b": "backward", "s": "step", "z": "zero_grad", "v": "step"}.get(letter)
    call = source.call_on(site.line, word) if word else source.call_on(site.line)
    stmt = statement(source, call) if call is not None else None
    return (source, stmt) if isinstance(stmt, (ast.Expr, ast.Assign, ast.AugAssign)) else None


def optimizer_name(program: Program) -> tuple[Source, str] | None:
    """What the code that steps calls the optimizer; where nothing steps, the name it was given."""
    site = (program.sites.get("s") or [None])[0]
    source = program.source(site)
    call = source.call_on(site.line, "step") if source and site else None
    if source is not None and call is not None and isinstance(call.func, ast.Attribute):
        plain = not call.args or "scaler" not in text_of(source, call.func.value).lower()
        return source, text_of(source, call.func.value if plain else call.args[0])
    seen = program.main or (program.optimizers[-1] if program.optimizers else None)
    source = program.source(seen.site) if seen else None
    made = source.call_on(seen.site.line, seen.kind) if source and seen and seen.site else None
    stmt = source.parents.get(made) if source and made else None
    if source is None or not isinstance(stmt, ast.Assign) or len(stmt.targets) != 1:
        return None
    return source, text_of(source, stmt.targets[0])


def optimizer_call(program: Program) -> tuple[Source, ast.Call] | None:
    """The call that makes the main optimizer."""
    seen = program.main or (program.optimizers[-1] if program.optimizers else None)
    source = program.source(seen.site) if seen else None
    call = source.call_on(seen.site.line, seen.kind) if source and seen and seen.site else None
    return (source, call) if source is not None and call is not None else None


def optimizer_value(program: Program, name: str) -> tuple[Source, ast.expr] | None:
    """The expression a person would edit to change an argument of the main optimizer."""
    found = optimizer_call(program)
    if found is None:
        return None
    source, call = found
    value = source.keyword(call, name)
    if value is None and name == "lr":
        starred = any(kw.arg is None for kw in call.keywords)
        value = call.args[1] if len(call.args) > 1 else entry(source, "lr") if starred else None
    return (source, origin(source, value)) if value is not None else None


def network_call(source: Source | None, line: int) -> ast.Call | None:
    """The call of a network on a line, where it is called by a plain name: `model(x)`, `self.net(x)`."""
    found = None
    for call in source.on(line, ast.Call) if source else []:
        name = last_name(call.func)
        plain = isinstance(call.func, ast.Name) or last_name(getattr(call.func, "value", call)) == "self"
        other = name in OTHERS or "loss" in name or "criterion" in name
        if plain and call.args and not other and (found is None or _within(found, call)):
            found = call
    return found


def _within(outer: ast.AST, inner: ast.AST) -> bool:
    return any(n is inner for n in ast.walk(outer))


def training_call(program: Program) -> tuple[Source, ast.Call] | None:
    """The network's call in a training step."""
    loss = program.loss
    node = next((n for n in loss.tape.passes() if n.grad and n.site), None) if loss else None
    source = program.source(node.site) if node else None
    call = network_call(source, node.site.line) if source and node and node.site else None
    return (source, call) if source is not None and call is not None else None


def scope(source: Source, node: ast.AST) -> ast.AST | None:
    """The function that a node is in, None for the file itself."""
    return source.enclosing(node, ast.FunctionDef, ast.Lambda)


def sees(source: Source, node: ast.AST, name: ast.AST) -> bool:
    """Is a name that stands at `name` also known at `node` (same function, one around it, or the file)?"""
    home, here = scope(source, name), scope(source, node)
    while here is not None and here is not home:
        here = scope(source, here)
    return here is home
