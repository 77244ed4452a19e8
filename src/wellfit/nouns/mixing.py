"""Mixing: does the answer to one example depend on the other examples of its batch? Seen by feeding a copy twice."""

from __future__ import annotations

import contextlib
import copy
import io
import sys
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Node, Ref, Site, each, mapped

SHUFFLING = (
    "randperm",
    "RandomSampler",
    "shuffle",
    "permutation",
    "train_test_split",
    "WeightedRandomSampler",
    "random_split",
)
REDUCING = frozenset(("mean", "sum", "std", "var", "std_mean", "var_mean", "norm", "amax", "amin", "max", "min"))
"""Calls that make one value of many along an axis."""
DIFFERS = 1e-3
"""Change of an answer, relative to the largest answer, that counts."""


class Mixed(NamedTuple):
    """name: of the call where examples begin to mix ("" where it was not found), site: the user's line, layer: the
    module it is in (the user's own), change: of the answer to the last example, relative."""

    name: str
    site: Site | None
    layer: nn.Module | None
    change: float


def mixing(program: Program) -> Mixed | None:
    """Where examples mix in the network in eval mode; None where they do not, or where rows are no examples (a graph, a
    sequence in the order of time, the whole data at once)."""
    loss = program.loss
    node = _called(loss) if loss else None
    if loss is None or node is None or node.module is None or not _examples(program, loss, node):
        return None
    seen = next((n for n in program.networks if n.module is node.module), None)
    if seen is None or seen.first is None:
        return None
    network = copy.deepcopy(seen.first).eval()
    leaves = loss.tape.leaves
    args, kwargs = (mapped(a, Ref, lambda r: leaves[r.n]) for a in (node.args, node.kwargs))
    rows = leaves[node.ins[0]].shape[0]
    alone = lambda t: t[-1:].expand_as(t).clone() if t.ndim and t.shape[0] == rows else t
    traces = []
    for change in (lambda t: t, alone):
        trace, given = _Trace(program, rows), mapped((args, kwargs), Tensor, change)
        with torch.no_grad(), torch.random.fork_rng(), contextlib.redirect_stdout(io.StringIO()), trace:
            torch.manual_seed(0)
            trace.answer = network(*given[0], **given[1])
        traces.append(trace)
    return _compared(program, traces[0], traces[1], network, node.module)


def _called(loss: LossSeen) -> Node | None:
    nodes = [n for n in loss.tape.needed(loss.tape.losses) if n.module is not None]
    return nodes[0] if len(nodes) == 1 and loss.output in nodes[0].outs else None


def _examples(program: Program, loss: LossSeen, node: Node) -> bool:
    """Is axis 0 of what the network is fed one of independent examples?"""
    target, output = loss.look(loss.target), loss.look(loss.output)
    leaves = [loss.tape.leaves.get(i) for i in node.ins]
    if target is None or output is None or not leaves or any(x is None for x in leaves):
        return False
    x = leaves[0]
    if x is None or x.ndim < 2 or x.shape[0] < 3 or x.is_complex():
        return False
    rows = x.shape[0]
    if any(t is not None and (t.ndim < 1 or t.shape[0] != rows or t.shape[:2] == (rows, rows)) for t in leaves[1:]):
        return False
    if not (target.shape[:1] == output.shape[:1] == (rows,)) or len(target.shape) > 2:
        return False
    if len(target.shape) == 2 and x.ndim >= 2 and target.shape[1] == x.shape[1]:  # a label for each step in time
        return False
    other = next(
        (b.tape.leaves.get(b.inputs[0]) for b in program.losses[:4] if b.tape is not loss.tape and b.inputs), None
    )
    if other is not None and other.shape == x.shape and torch.equal(other, x):  # the whole data at once
        return False
    shuffled = any(word in s.text for s in program.sources.values() for word in SHUFFLING)
    return shuffled or x.ndim > 2


def _compared(program: Program, one: _Trace, two: _Trace, network: nn.Module, own: nn.Module) -> Mixed | None:
    a, b = (next(each(t.answer, Tensor), None) for t in (one, two))
    if a is None or b is None or a.shape != b.shape or not a.ndim or a.shape[0] != one.rows:
        return None
    change = float((a[-1] - b[-1]).abs().max() / a.abs().max().clamp_min(1e-12)) if a.is_floating_point() else 0.0
    if change != change and bool(a[-1].isfinite().all()):
        change = 1.0  # no number where all rows are the same: it divides by what a batch spreads
    if not change > DIFFERS:
        return None
    names = {id(m): n for n, m in network.named_modules()}
    modules = dict(own.named_modules())
    for x, y in zip(one.calls, two.calls):
        if x.name != y.name:
            break
        if x.ins and all(_same(p, q) for p, q in zip(x.ins, y.ins)) and x.out is not None and not _same(x.out, y.out):
            name, site = next((o[:2] for o in one.over if o[2] == x.layer), (x.name, x.site))
            return Mixed(name, site, modules.get(names.get(x.layer, "?")), change)
    return Mixed("", None, None, change)


def _same(p: Tensor | None, q: Tensor | None) -> bool:
    return p is not None and q is not None and p.shape == q.shape and torch.allclose(p, q, rtol=1e-4, atol=1e-6)


class _Call(NamedTuple):
    name: str
    ins: list[Tensor]
    out: Tensor | None
    site: Site | None
    layer: int


class _Trace(TorchFunctionMode):
    """Every torch call with the last row of what it was given and of what it gave; over: (name, site, layer) of those that
    reduce the axis of examples."""

    def __init__(self, program: Program, rows: int) -> None:
        super().__init__()
        self.program, self.rows, self.calls, self.answer, self.busy = program, rows, [], None, False
        self.over: list[tuple[str, Site | None, int]] = []

    def last(self, t: Tensor) -> Tensor | None:
        """What it holds of the last example: along axis 0, or along axis 1 as the last states of a recurrent layer do."""
        if t.is_complex() or self.rows not in t.shape[:2]:
            return None
        return (t[-1] if t.shape[0] == self.rows else t[:, -1]).double()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if not self.busy:
            self.busy = True
            try:
                ins = [
                    r
                    for t in each((args, kwargs), Tensor)
                    if not isinstance(t, nn.Parameter) and (r := self.last(t)) is not None
                ]
                gave = next((r for t in each(out, Tensor) if (r := self.last(t)) is not None), None)
                name, place = getattr(func, "__name__", ""), self.place()
                self.calls.append(_Call(name, ins, gave, *place))
                dim = (kwargs or {}).get("dim", args[1] if len(args) > 1 else None)
                if (
                    name in REDUCING
                    and dim in (0, (0,), [0])
                    and isinstance(args[0], Tensor)
                    and args[0].ndim == 2
                    and ins
                ):
                    self.over.append((name, *place))
            finally:
                self.busy = False
        return out

    def place(self) -> tuple[Site | None, int]:
        """The user's line, and the module whose code it is called from."""
        frame, layer = sys._getframe(2), 0
        while frame is not None:
            owner = frame.f_locals.get("self")
            if not layer and isinstance(owner, nn.Module):
                layer = id(owner)
            if frame.f_code.co_filename in self.program.sources:
                return Site(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name), layer
            frame = frame.f_back
        return None, layer
