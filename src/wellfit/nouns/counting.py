"""Counting: how a program's source adds up what it measures: hits in a loop, and what they are divided by."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from wellfit.nouns.source import Source, last_name

Loop = ast.For | ast.While
SWAPPED = ("r2_score", "precision_score", "recall_score", "explained_variance_score", "mean_absolute_percentage_error")
ORDERS = ("roc_auc_score", "average_precision_score", "roc_curve", "precision_recall_curve")
CHOICES = ("argmax", "round", "rint", "predict")
"""Measures of an order of scores, and what leaves nothing but a choice."""
SAID = re.compile(r"pred|hat\b|_hat|output|\bout\b|guess|logit|prob|score", re.I)
TRUE = re.compile(r"true|target|label|truth|actual|expected|\by_(te|val|dev|test)|^y$|^y_", re.I)

Fault = tuple[int, str, str]
"""Line, what is wrong, what to do."""


def miscounts(source: Source) -> Iterator[Fault]:
    """Hits that are not added up, divided by another count than theirs, never set back, or of the first batch alone;
    arguments of a measure the wrong way round."""
    for loop in (n for n in source.nodes if isinstance(n, (ast.For, ast.While))):
        yield from _overwritten(source, loop)
        yield from _never_reset(source, loop)
        yield from _first_only(source, loop)
    yield from _divided(source)
    yield from _picked(source)
    yield from _turned_back(source)
    for call in source.calls(*SWAPPED):
        if len(call.args) == 2:
            first, second = (ast.unparse(a) for a in call.args)
            if SAID.search(first) and not SAID.search(second) and TRUE.search(second) and not TRUE.search(first):
                yield call.lineno, f"{last_name(call.func)} takes the truth first, the answers second", "swap them"


def _picked(source: Source) -> Iterator[Fault]:
    """`roc_auc_score(truth, logits.argmax(1))`: a measure of an order is given the choice that was made of it."""
    for call in source.calls(*ORDERS):
        given = source.keyword(call, "y_score", "y_prob")
        given = call.args[1] if given is None and len(call.args) > 1 else given
        known, names = [given] if given is not None else [], set()
        while known:
            at = known.pop()
            for n in ast.walk(at):
                inside = source.enclosing(n, ast.Subscript)
                key = isinstance(inside, ast.Subscript) and any(m is n for m in ast.walk(inside.slice))
                if not key and isinstance(n, (ast.Call, ast.Compare)) and _choice(n):
                    yield (
                        n.lineno,
                        f"{last_name(call.func)} is given classes, not scores: all of their order is lost",
                        "probabilities or logits of the positive class",
                    )
                    return
                if isinstance(n, ast.Name) and n.id not in names and not key:
                    names.add(n.id)
                    known += _values_of(source, n)


def _choice(expr: ast.Call | ast.Compare) -> bool:
    """Does it leave of scores the class alone that they speak for?"""
    if isinstance(expr, ast.Compare):
        return isinstance(expr.ops[0], (ast.Gt, ast.GtE))
    return last_name(expr.func) in CHOICES


def _values_of(source: Source, name: ast.Name) -> list[ast.expr]:
    """What a name is given, or added to a list of that name, in the same function."""
    function = source.enclosing(name, ast.FunctionDef)
    here = [n for n in source.nodes if source.enclosing(n, ast.FunctionDef) is function]
    found = [n.value for n in here if isinstance(n, ast.Assign) and any(ast.unparse(t) == name.id for t in n.targets)]
    for n in here:
        adds = isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr in ("append", "extend")
        if adds and isinstance(n, ast.Call) and ast.unparse(n.func).startswith(f"{name.id}.") and n.args:
            found.append(n.args[0])
        elif isinstance(n, ast.AugAssign) and ast.unparse(n.target) == name.id:
            found.append(n.value)
    return found


def _turned_back(source: Source) -> Iterator[Fault]:
    """Answers and truth turned back into their unit (`z * std[1] + mean[1]`) by different figures of the same names."""
    sides: dict[bool, list[tuple[str, str, int, str]]] = {True: [], False: []}
    for n in source.nodes:
        product = n.left if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add) else None
        if isinstance(n, ast.BinOp) and isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult):
            value, parts = ast.unparse(product.left), (product.right, n.right)
            assign = source.enclosing(n, ast.Assign)
            value += f" {ast.unparse(assign.targets[0])}" if isinstance(assign, ast.Assign) else ""
            if all(isinstance(p, ast.Subscript) and isinstance(p.value, ast.Name) for p in parts):
                bases = " ".join(ast.unparse(p.value) for p in parts)  # type: ignore[attr-defined]
                keys = " ".join(ast.unparse(p.slice) for p in parts)  # type: ignore[attr-defined]
                said, true = bool(SAID.search(value)), bool(TRUE.search(value))
                if said != true:
                    sides[said].append((bases, keys, n.lineno, ast.unparse(n)))
    for bases, keys, line, text in sides[True]:
        others = {k for b, k, _, _ in sides[False] if b == bases}
        if others and keys not in others:
            yield line, f"answers are turned back by other figures than the truth: {text}", "the same for both"


def hits(expr: ast.AST) -> bool:
    """Does it count where answers equal labels: `(a == b).sum()`?"""
    equal = any(isinstance(n, ast.Compare) and isinstance(n.ops[0], ast.Eq) for n in ast.walk(expr)) or any(
        isinstance(n, ast.Call) and last_name(n.func) in ("eq", "equal") for n in ast.walk(expr)
    )
    return equal and any(
        isinstance(n, ast.Call) and last_name(n.func) in ("sum", "count_nonzero") for n in ast.walk(expr)
    )


def shares(expr: ast.AST) -> bool:
    """Is it the share of hits in a batch: `(a == b).float().mean()`?"""
    equal = any(isinstance(n, ast.Compare) and isinstance(n.ops[0], ast.Eq) for n in ast.walk(expr))
    return equal and any(isinstance(n, ast.Call) and last_name(n.func) == "mean" for n in ast.walk(expr))


def _overwritten(source: Source, loop: Loop) -> Iterator[Fault]:
    """`correct = …` in the loop where it was set to 0 before it and is used after it."""
    added = [n for n in ast.walk(loop) if isinstance(n, ast.AugAssign)]
    for node in loop.body:
        if not isinstance(node, ast.Assign) or not hits(node.value) or len(node.targets) != 1:
            continue
        name = ast.unparse(node.targets[0])
        used = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
        if name in used or any(ast.unparse(a.target) == name for a in added):
            continue
        inside = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
        if not inside and _zeroed(source, name, node.lineno, loop.lineno) and _read_after(source, name, loop):
            yield node.lineno, f"`{name}` is overwritten by each batch, so only the last one counts", f"{name} += …"


def _zeroed(source: Source, name: str, line: int, before: int) -> int:
    """The line before the loop on which it was set to 0; 0 where it was not."""
    found = 0
    for node in source.nodes:
        if isinstance(node, ast.Assign) and node.lineno < before and before - node.lineno < 60:
            for target in node.targets:
                pairs = (
                    zip(target.elts, node.value.elts)
                    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                    else [(target, node.value)]
                )
                for one, value in pairs:
                    if ast.unparse(one) == name and isinstance(value, ast.Constant) and value.value in (0, 0.0):
                        found = max(found, node.lineno)
    return found


def _read_after(source: Source, name: str, loop: Loop) -> bool:
    end = loop.end_lineno or loop.lineno
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) and n.lineno > end
        for n in source.nodes
    )


def _never_reset(source: Source, loop: Loop) -> Iterator[Fault]:
    """Hits added up over epochs, divided in each epoch by the rows of one."""
    outer = source.enclosing(loop, ast.For, ast.While)
    if not isinstance(outer, (ast.For, ast.While)):
        return
    names = {}
    for node in ast.walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
            names[ast.unparse(node.target)] = node
    for name, node in names.items():
        if not hits(node.value) or any(
            a.lineno >= outer.lineno for a in _sets(source, name) if a.lineno <= (outer.end_lineno or 0)
        ):
            continue
        for div in (n for n in ast.walk(outer) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)):
            by = ast.unparse(div.right)
            if (
                name in ast.unparse(div.left)
                and div.lineno > (loop.end_lineno or 0)
                and by not in names
                and "len(" in by
            ):
                at = _zeroed(source, name, node.lineno, outer.lineno)
                if at:
                    yield (
                        at,
                        f"`{name}` is never set back to 0, so it grows from epoch to epoch",
                        "set it to 0 in each epoch",
                    )


def _sets(source: Source, name: str) -> list[ast.Assign]:
    return [
        n for n in source.nodes if isinstance(n, ast.Assign)
        and any(name in [ast.unparse(e) for e in (t.elts if isinstance(t, ast.Tuple) else [t])] for t in n.targets)
    ]  # fmt: skip


def _first_only(source: Source, loop: Loop) -> Iterator[Fault]:
    """`return` at the end of the loop's own body: what was added up is of the first batch."""
    last = loop.body[-1]
    added = {ast.unparse(n.target) for n in loop.body if isinstance(n, ast.AugAssign) and hits(n.value)}
    if isinstance(last, (ast.Return, ast.Break)) and added:
        yield (
            last.lineno,
            "the loop ends after its first batch, so the measure is of that batch alone",
            "move it out of the loop",
        )


def _divided(source: Source) -> Iterator[Fault]:
    """Hits divided by the number of batches, or by the rows of another set; shares divided by the number of rows."""
    loaders = {}
    for call in source.calls("DataLoader"):
        parent = source.parents.get(call)
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name) and call.args:
            loaders[parent.targets[0].id] = ast.unparse(call.args[0])
    for div in (n for n in source.nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)):
        name, by = ast.unparse(div.left).removeprefix("100 * ").removeprefix("100.0 * "), ast.unparse(div.right)
        found = re.fullmatch(r"len\(([\w.]+)\)", by)
        function = source.enclosing(div, ast.FunctionDef)
        added = [
            n for n in source.nodes if isinstance(n, ast.AugAssign) and ast.unparse(n.target) == name
            and source.enclosing(n, ast.FunctionDef) is function and n.lineno < div.lineno
        ]  # fmt: skip
        if not found or not added:
            continue
        over, loop = found[1], source.loop_around(added[-1].lineno)
        runs = ast.unparse(loop.iter) if isinstance(loop, ast.For) else ""
        fed = _argument(source, function, runs, loaders)
        whole = re.search(r"/|len\(|size\(|shape|numel", ast.unparse(added[-1].value))
        if (
            hits(added[-1].value)
            and not whole
            and over == runs
            and (over in loaders or fed or "loader" in over.lower())
        ):
            yield div.lineno, f"hits are divided by the number of batches, `{by}`", f"len({over}.dataset)"
        elif (
            hits(added[-1].value)
            and not whole
            and runs in loaders
            and over != loaders[runs]
            and over in loaders.values()
        ):
            yield div.lineno, f"hits in `{runs}` are divided by the rows of `{over}`", f"len({loaders[runs]})"
        elif (
            shares(added[-1].value)
            and not hits(added[-1].value)
            and not whole
            and (over.endswith(".dataset") or over in loaders.values())
        ):
            yield div.lineno, "shares of batches are divided by the number of rows", "the number of batches"


def _argument(source: Source, function: ast.AST | None, runs: str, loaders: dict[str, str]) -> bool:
    """Is what the loop runs over handed to the function as a loader?"""
    if not isinstance(function, ast.FunctionDef) or runs not in [a.arg for a in function.args.args]:
        return False
    given = [ast.unparse(a) for c in source.calls(function.name) for a in c.args]
    return any(g in loaders for g in given)
