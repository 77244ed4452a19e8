"""Fed: the data a network was trained and evaluated on, as tensors and as expressions in the user's files."""

from __future__ import annotations

import ast
from typing import NamedTuple

import torch
from torch import Tensor

from wellfit.nouns.flow import Spot, back, imported
from wellfit.nouns.origin import from_call, origin
from wellfit.nouns.program import LossSeen, PassSeen, Program
from wellfit.nouns.source import Source, last_name
from wellfit.nouns.tape import Node, Site

MAKING = frozenset(
    ("tensor", "FloatTensor", "DoubleTensor", "LongTensor", "Tensor", "from_numpy", "as_tensor", "ToTensor", "asarray")
)
METHODS = frozenset(
    ("to", "float", "long", "double", "cuda", "cpu", "view", "reshape", "unsqueeze", "squeeze", "flatten", "permute",
     "transpose", "item", "detach", "size", "len", "range", "print", "append", "stack", "cat", "randn", "rand", "tensor",
     "mean", "sum", "contiguous", "type", "numpy", "argmax", "backward", "zip", "enumerate", "randperm", "clone", "repeat")
)  # fmt: skip


class Given(NamedTuple):
    """One batch: what the network was fed (its first tensor), what it was held against (None where unknown)."""

    inputs: Tensor
    targets: Tensor | None
    index: int


def trained(program: Program) -> list[Given]:
    """Batches of the main training, in order."""
    phase = program.optimizers.index(program.main) if program.main in program.optimizers else None
    found = []
    for loss in program.losses:
        if phase is not None and loss.tape.stepped and loss.tape.phase != phase:
            continue
        x = next((loss.tape.leaves[i] for i in loss.inputs if i in loss.tape.leaves and loss.tape.leaves[i].ndim), None)
        if x is not None:
            y = loss.tape.leaves.get(loss.target) if loss.target is not None else None
            found.append(Given(x, y if y is not None and y.ndim and len(y) == len(x) else None, loss.tape.index))
    return [g._replace(targets=None) for g in found] if _constant(found) else found


def _constant(given: list[Given]) -> bool:
    """Are the targets the same in every batch, whatever is fed (an average of the data that happens to be as long as a
    batch is large)?"""
    held = [(g.inputs, g.targets) for g in given if g.targets is not None]
    if len(held) < 3 or any(not torch.equal(y, held[0][1]) for _, y in held):
        return False
    return any(x.shape != held[0][0].shape or not torch.equal(x, held[0][0]) for x, _ in held)


class Held(NamedTuple):
    """One evaluation: its batch and the pass it is of."""

    inputs: Tensor
    targets: Tensor | None
    index: int
    seen: PassSeen


def evaluated(program: Program) -> list[Held]:
    """Batches that the network was evaluated on, in order."""
    found = []
    for q in program.passes:
        leaves = q.tape.leaves
        x = next((leaves[i] for i in q.inputs if i in leaves and leaves[i].ndim), None)
        if x is None:
            continue
        others = [leaves[i] for c in q.compared for i in c.ins if i in leaves and i not in q.inputs]
        y = next((t for t in others if t.ndim and len(t) == len(x)), None)
        found.append(Held(x, y, q.after, q))
    return found


def inputs_chain(program: Program, node: Node | None = None) -> list[Spot]:
    """From what the network is fed in training (or in this call of it) back to where that is made."""
    last = node is not None
    if node is None:
        loss = program.loss
        calls = [n for n in loss.tape.passes() if n.grad] if loss else []
        node = calls[0] if calls else None
        if loss is not None and not calls and loss.inputs:
            return _met(program, loss)
    source = program.source(node.site) if node else None
    if node is None or node.site is None or source is None:
        return []
    call = _network_call(source, node.site.line)
    given = [*call.args, *(k.value for k in call.keywords)] if call else []
    return back(Spot(source, given[0]), program.sources.values(), last) if given else []


def _met(program: Program, loss: LossSeen) -> list[Spot]:
    """Of a program without modules: from the call in which weights meet the data."""
    node = next((n for n in loss.tape.nodes if n.learnt and loss.inputs[0] in n.ins), None)
    source = program.source(node.site) if node else None
    if node is None or node.site is None or source is None:
        return []
    found = [c.args[0] for c in source.on(node.site.line, ast.Call) if last_name(c.func) == node.name and c.args]
    found += [b.left for b in source.on(node.site.line, ast.BinOp) if isinstance(b.op, ast.MatMult)]
    if not found:
        return []
    function = source.enclosing(found[0], ast.FunctionDef)
    if isinstance(found[0], ast.Name) and isinstance(function, ast.FunctionDef):
        for file in program.sources.values():  # what the function is given, before it gives it other values
            given = from_call(file, source, function, found[0].id)
            if given is not None:
                return back(Spot(file, given), program.sources.values())
    return back(Spot(source, found[0]), program.sources.values())


def targets_chain(program: Program, loss: LossSeen | None = None) -> list[Spot]:
    """From the targets that the loss is given back to where they are made."""
    loss = loss or program.loss
    source = program.source(loss.site) if loss else None
    if loss is None or loss.site is None or source is None:
        return []
    calls = [c for c in source.calls() if c.lineno <= loss.site.line <= (c.end_lineno or c.lineno) and len(c.args) >= 2]
    calls = [c for c in calls if last_name(c.func) not in METHODS]
    return back(Spot(source, calls[0].args[1]), program.sources.values()) if calls else []


def _network_call(source: Source, line: int) -> ast.Call | None:
    """The innermost call on a line that can be the network's."""
    spans = [c for c in source.calls() if c.lineno <= line <= (c.end_lineno or c.lineno) and (c.args or c.keywords)]
    spans = [c for c in spans if last_name(c.func) not in METHODS and not _library(source, c.func)]
    exact = [c for c in spans if c.lineno == line] or spans
    return min(exact, key=lambda c: sum(1 for _ in ast.walk(c)), default=None)


def _library(source: Source, func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and imported(source, func.value)


def built(chain: list[Spot]) -> Site | None:
    """Where a chain's scaling is written as none at all, or where it becomes a tensor; else where it was given its last
    name before the loop over batches."""
    for spot in chain:
        written = neutral(spot.source, spot.expr)
        if written is not None:
            return Site(spot.source.path, written.lineno)
    for spot in chain:
        if isinstance(spot.expr, ast.Call) and last_name(spot.expr.func) in MAKING:
            return Site(spot.source.path, spot.expr.lineno)
    plain = [s for s in chain if not isinstance(s.expr, (ast.Name, ast.Constant))]
    outside = [s for s in plain if s.source is not chain[0].source or not _in_loop(chain[0], s.line)]
    chosen = outside[0] if outside else plain[-1] if plain else None
    return Site(chosen.source.path, chosen.line) if chosen else None


def neutral(source: Source, *trees: ast.AST) -> ast.expr | None:
    """`(x - shift) / scale` where shift is written as 0 and scale as 1: the expression that says so."""
    for n in (n for tree in trees for n in ast.walk(tree)):
        if (
            isinstance(n, ast.BinOp)
            and isinstance(n.op, (ast.Sub, ast.Div))
            and isinstance(n.right, (ast.Name, ast.Attribute))
        ):
            written, without = origin(source, n.right), 0 if isinstance(n.op, ast.Sub) else 1
            if isinstance(written, ast.Constant) and written.value == without and written is not n.right:
                return written
    return None


def _in_loop(first: Spot, line: int) -> bool:
    """Is a line in the statement, or in the loop over batches, that the chain begins with?"""
    loop = first.source.loop_around(first.line)
    return line == first.line or (loop is not None and loop.lineno <= line <= (loop.end_lineno or loop.lineno))


def _order(program: Program) -> Site | None:
    """Where the rows that make a batch (`x[rows]`) are put in order anew in each epoch: an assignment in a loop."""
    for spot in inputs_chain(program)[:4]:
        key = spot.expr.slice if isinstance(spot.expr, ast.Subscript) else None
        if not isinstance(key, (ast.Name, ast.Subscript, ast.Tuple)):
            continue
        first = key.elts[0] if isinstance(key, ast.Tuple) and key.elts else key
        for at in back(Spot(spot.source, first), program.sources.values()):
            given = at.source.parents.get(at.expr)
            if isinstance(given, ast.Assign) and given.value is at.expr and at.source.loop_around(at.line):
                return Site(at.source.path, at.line)
    return None


def loader(program: Program) -> Site | None:
    """Where the order of the batches is written: the DataLoader's call, else the loop over batches."""
    loss = program.loss
    calls = [n for n in loss.tape.passes() if n.grad] if loss else []
    source = program.source(calls[0].site) if calls else None
    loop = source.loop_around(calls[0].site.line) if source and calls[0].site else None
    order = _order(program)
    if order is not None:
        return order
    if source is None or not isinstance(loop, ast.For):
        made = next((x for x in program.loaders if x.sampler == "SequentialSampler"), None)
        return made.site if made else calls[0].site if calls else None
    over = loop.iter
    while isinstance(over, ast.Call) and last_name(over.func) in ("enumerate", "tqdm", "iter", "list") and over.args:
        over = over.args[0]
    for spot in back(Spot(source, over), program.sources.values()):
        if isinstance(spot.expr, ast.Call) and last_name(spot.expr.func) == "DataLoader":
            return Site(spot.source.path, spot.line)
    return Site(source.path, loop.lineno)
