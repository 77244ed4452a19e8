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

EARLY = True
"""It can be stated while the program runs."""


def shape_broadcast(program: Program) -> Finding | None:
    """Sees: a loss, by name or by hand, pairs predictions [B, 1] with targets [B] (or the like), which broadcast to
    [B, B]: more values than either has.
    Hurts: every prediction is held against every target, so the best answer is their mean.
    Mistaken for: capacity-too-small.
    Remedy: `squeeze(1)` on the predictions or `unsqueeze(1)` on the targets.
    Source: torch's own warning for mse_loss; a fact of the run."""
    loss = program.loss
    if loss is None or loss.target is None or loss.answer is None:
        return None
    for node in loss.tape.nodes:
        shapes = _broadcast(loss, node)
        if shapes is not None and node.site is not None:
            a, t, both = shapes
            return Finding(
                "shape-broadcast",
                "error",
                "predictions and targets broadcast against each other",
                f"predictions {list(a)} and targets {list(t)} pair up as {list(both)}",
                "squeeze(1) the predictions or unsqueeze(1) the targets",
                0.97,
                loss.tape.index,
                node.site.file,
                node.site.line,
                source="torch's broadcasting rules",
            )
    return None


def _broadcast(loss: LossSeen, node: Node) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
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
