"""Drawn: what a branch that chance decides on does to an example, carried out on examples of the doctor's own."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wellfit.nouns.source import last_name, root

SAFE = frozenset(
    ("flip", "fliplr", "flipud", "rot90", "transpose", "permute", "clone", "copy", "contiguous", "stack", "cat", "concatenate",
     "roll", "negative", "neg", "ascontiguousarray", "moveaxis", "movedim", "swapaxes", "tensor", "array", "asarray", "hflip",
     "vflip", "float", "abs", "full", "ones", "view", "reshape")
)  # fmt: skip
"""Calls that do nothing but rearrange numbers or change their sign."""
LIBRARIES = {"torch": torch, "np": np, "numpy": np}


def played(branch: ast.AST, whole: bool) -> Callable[[Tensor], Tensor | None] | None:
    """The branch as a function of a batch [N, ...], done to each example alone (whole: to the batch); None
    where it does more than rearrange the numbers of one example."""
    name, body = _body(branch)
    if not name or not all(_safe(s, name) for s in body):
        return None
    code = compile(ast.fix_missing_locations(ast.Module(copy.deepcopy(body), [])), "branch", "exec")

    def turn(x: Tensor) -> Tensor | None:
        try:
            return _once(code, name, x) if whole else torch.stack([_once(code, name, row) for row in x])
        except Exception:  # written for examples of another shape
            return None

    return turn


def beyond(branch: ast.AST, flip: ast.AST) -> bool:
    """Is more done in the branch than this one flip?"""
    _, body = _body(branch)
    inside = {id(n) for n in ast.walk(flip)}
    more = (ast.UnaryOp, ast.BinOp, ast.AugAssign, ast.Call)
    return len(body) > 1 or any(
        isinstance(n, more) and id(n) not in inside and not _wraps(n) for s in body for n in ast.walk(s)
    )


def _wraps(n: ast.AST) -> bool:
    """A call or sign that leaves the numbers where they are, such as `.copy()`, or one that picks an index."""
    return isinstance(n, ast.Call) and last_name(n.func) in ("copy", "clone", "contiguous", "ascontiguousarray")


def _body(branch: ast.AST) -> tuple[str, list[ast.stmt]]:
    """(name of the example, statements); an expression is given to the name that it is made of."""
    if isinstance(branch, ast.If):
        body = branch.body
        if len(body) == 1 and isinstance(body[0], ast.Return) and body[0].value is not None:
            return _given(body[0].value)
        names = {
            root(t, ast.Subscript) for s in body if isinstance(s, (ast.Assign, ast.AugAssign)) for t in _targets(s)
        }
        return (names.pop() if len(names) == 1 else ""), body
    if isinstance(branch, ast.IfExp):
        return _given(branch.body)
    return "", []


def _given(value: ast.expr) -> tuple[str, list[ast.stmt]]:
    names = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} - set(LIBRARIES)
    name = names.pop() if len(names) == 1 else ""
    return name, [ast.Assign([ast.Name(name, ast.Store())], value)] if name else []


def _targets(s: ast.stmt) -> list[ast.expr]:
    return s.targets if isinstance(s, ast.Assign) else [s.target] if isinstance(s, ast.AugAssign) else []


def _safe(s: ast.stmt, name: str) -> bool:
    """Does a statement only change the example, by calls that do no harm?"""
    if not isinstance(s, (ast.Assign, ast.AugAssign)):
        return False
    for n in ast.walk(s):
        if isinstance(n, ast.Call) and last_name(n.func) not in SAFE:
            return False
        if isinstance(n, ast.Name) and n.id != name and n.id not in LIBRARIES:
            return False
        if isinstance(n, (ast.Lambda, ast.comprehension, ast.Await, ast.Yield, ast.NamedExpr)):
            return False
    return True


def _once(code: Any, name: str, row: Tensor) -> Tensor:
    try:
        held: dict[str, Any] = {**LIBRARIES, name: row.clone()}
        exec(code, held)  # statements that _safe has looked at
        return torch.as_tensor(held[name])
    except (TypeError, ValueError, IndexError, AttributeError):  # written for an array
        held = {**LIBRARIES, name: row.numpy().copy()}
        exec(code, held)
        return torch.as_tensor(np.ascontiguousarray(held[name]))
