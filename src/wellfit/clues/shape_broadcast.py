"""Predictions and targets broadcast against each other instead of pairing up."""

from __future__ import annotations

import math

from wellfit.nouns.finding import Finding
from wellfit.nouns.meeting import VALUE_LOSSES
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node

PAIRED = VALUE_LOSSES | {
    "sub",
    "__sub__",
    "rsub",
    "__rsub__",
    "mul",
    "__mul__",
    "__rmul__",
    "div",
    "__truediv__",
    "eq",
    "__eq__",
    "add",
    "__add__",
}
"""Calls that pair answers with targets value by value."""

WIDENING = ("unsqueeze", "view", "reshape", "t", "expand", "T")
"""Calls that give a value an axis on purpose."""
Shapes = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
EARLY = True
"""It can be stated while the program runs."""


def shape_broadcast(program: Program) -> Finding | None:
    """Sees: a loss, by name or by hand, pairs predictions [B, 1] with targets [B] (or the like), which broadcast to
    [B, B]: more values than either has; or any two values of each example are brought together so on the way to the loss.
    Hurts: every prediction is held against every target, so the best answer is their mean.
    Mistaken for: capacity-too-small.
    Remedy: `squeeze(1)` on the predictions or `unsqueeze(1)` on the targets.
    Source: torch's own warning for mse_loss; a fact of the run."""
    loss = program.loss
    if loss is None:
        return None
    known = loss.target is not None and loss.answer is not None
    for node, shapes in [
        *((n, _broadcast(loss, n)) for n in loss.tape.nodes if known),
        *((n, _apart(program, loss, n)) for n in loss.tape.nodes),
    ]:
        if shapes is not None and node.site is not None:
            a, t, both = shapes
            met = known and loss.target in node.ins
            one, other = ("predictions", "targets") if met else ("values", "others of the same examples")
            return Finding(
                "shape-broadcast",
                "error",
                f"{one} and {other} broadcast against each other",
                f"{one} {list(a)} and {other} {list(t)} pair up as {list(both)}",
                f"squeeze(1) the {one} or unsqueeze(1) the {other}",
                0.97,
                loss.tape.index,
                node.site.file,
                node.site.line,
                source="torch's broadcasting rules",
            )
    return None


def _apart(program: Program, loss: LossSeen, node: Node) -> Shapes | None:
    """The same of any two values of each example, [B, 1] and [B], on the way to the loss, in the network or outside: terms of
    an answer, of a residual, of an advantage. Not where one was given its axis just for that (`x[:, None] - x`)."""
    if node.name not in PAIRED or not node.learnt or len(node.ins) != 2 or not node.outs:
        return None
    a, b, both = (loss.look(i) for i in (*node.ins, node.outs[0]))
    rows = a.shape[0] if a is not None and a.shape else 0
    fed = {x.shape[0] for p in loss.tape.passes() for i in p.ins if (x := loss.look(i)) is not None and x.shape}
    if a is None or b is None or both is None or rows < 2 or rows not in fed | {program.batch(loss)}:
        return None
    if {a.shape, b.shape} != {(rows,), (rows, 1)} or both.shape != (rows, rows):
        return None
    if any(i in loss.tape.parameters for i in node.ins) or node.outs[0] not in loss.tape.ancestors(loss.tape.losses):
        return None
    column, row = node.ins if len(a.shape) == 2 else node.ins[::-1]
    makers = loss.tape.inner_makers()
    maker, other = makers.get(column), makers.get(row)
    index = maker.args[1] if maker is not None and maker.name == "__getitem__" and len(maker.args) > 1 else ()
    if maker is not None and (maker.name in WIDENING or (isinstance(index, tuple) and None in index)):
        return None
    if (other is not None and column in other.ins) or any(x.shape == (rows, rows) for x in loss.tape.leaves.values()):
        return None  # each against each, as in a ranking
    return a.shape, b.shape, both.shape


def _broadcast(loss: LossSeen, node: Node) -> Shapes | None:
    """Shapes of predictions, targets and what they make, where that is more than either."""
    if node.name not in PAIRED or not node.learnt or len(node.ins) < 2:
        return None
    target = next((i for i in node.ins[:2] if i == loss.target), None)
    answer = next((i for i in node.ins[:2] if i != target), None)
    a, t = loss.look(answer), loss.look(target)
    if a is None or t is None or answer in loss.tape.parameters or min(len(a.shape), len(t.shape)) < 1:
        return None
    rows = max(a.shape[0], t.shape[0])
    if len(a.shape) == len(t.shape):  # [B, 1] against [1, B] is written on purpose
        return None
    if [d for d in a.shape if d != 1] != [d for d in t.shape if d != 1] or rows < 2:
        return None
    size = max(len(a.shape), len(t.shape))
    wide = [(1,) * (size - len(s)) + s for s in (a.shape, t.shape)]
    both = tuple(max(x, y) for x, y in zip(*wide))
    return (a.shape, t.shape, both) if math.prod(both) > max(math.prod(a.shape), math.prod(t.shape)) else None
