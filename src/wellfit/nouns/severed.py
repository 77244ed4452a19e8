"""Severed: parameters between what is fed and the answer that only penalties train, since the way to the target is cut."""

from __future__ import annotations

from typing import NamedTuple

from wellfit.nouns.program import LossSeen
from wellfit.nouns.tape import Node, Tape

ALONE = frozenset(
    ("add", "sub", "rsub", "mul", "div", "truediv", "true_divide", "neg", "pow", "square", "sqrt", "exp", "expm1",
    "log", "log1p", "abs", "clamp", "clamp_min", "relu", "softplus", "mean", "sum", "norm", "linalg_norm",
    "vector_norm", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "view", "reshape", "flatten", "unsqueeze",
    "squeeze", "permute", "transpose", "contiguous", "expand", "broadcast_tensors", "broadcast_to", "expand_as",
    "view_as", "reshape_as", "to", "float", "clone", "tanh", "sigmoid", "movedim", "unflatten", "dropout", "iadd",
    "isub", "imul", "itruediv", "radd", "rmul", "rtruediv", "rpow", "kl_div", "get", "layer_norm", "lerp")
)  # fmt: skip
"""Calls that see each example by itself: what is made of such alone tells no example from the others."""
WORDS = ("detach", "detach_", "data")


class Severed(NamedTuple):
    """missed: numbers of the parameters; cut: the call that cuts (the last one written as such, else the one that gives no
    gradient); rest: the calls that the other terms are made of."""

    missed: tuple[int, ...]
    cut: Node
    rest: tuple[Node, ...]


def severed(loss: LossSeen) -> Severed | None:
    """What is fed reaches the answer through a cut alone, and the layers before the cut get a gradient from terms alone that
    hold each example against nothing from outside (commitment, a prior, a penalty). None else, as for a straight-through
    estimator, and where the other terms tell examples from one another (contrast, two views)."""
    tape = loss.tape
    nodes = [n for n in tape.nodes if n.module is None]
    fed = {i for p in tape.passes() for i in p.ins if i in tape.leaves}
    meeting = _meeting(tape, nodes, loss.total)
    ends, alive = {o for n in meeting for o in n.outs}, _alive(nodes, tape, fed)
    if not ends or not fed or any(i in alive for n in meeting for i in n.ins if _grad(tape, i)):
        return None
    own, whole = _back(tape, nodes, ends, set()), _back(tape, nodes, ends, set(), cut=True)
    rest = _back(tape, nodes, {loss.total}, ends)
    missed = {p for p in tape.parameters if p in rest and p in whole and p not in own}
    met = {i for n in nodes if missed & set(n.ins) for i in n.ins}
    data = {i for i, x in tape.leaves.items() if x.numel() > 1}
    outside = data & _back(tape, nodes, {loss.total}, ends, cut=True)
    if not missed or not outside <= fed or len(outside) > 1 or not met & _of(nodes, fed):
        return None
    apart = _after(tape, nodes, loss.total, ends)
    cut = _cut(tape, nodes, ends, whole, own)
    if cut is None or not all(_by_itself(n) for n in apart):
        return None
    return Severed(tuple(sorted(missed)), cut, tuple(apart))


def _meeting(tape: Tape, nodes: list[Node], total: int) -> list[Node]:
    """The calls, on the way of the gradient, that bring what parameters made and data from outside together."""
    wanted = _back(tape, nodes, {total}, set())
    data = _of(nodes, {i for i, x in tape.leaves.items() if x.numel() > 1})
    return [
        n for n in nodes
        if set(n.outs) & wanted and data & set(n.ins) and not set(tape.parameters) & set(n.ins)
        and n.grad and any(_grad(tape, i) and i not in tape.parameters for i in n.ins)
    ]  # fmt: skip


def _grad(tape: Tape, n: int) -> bool:
    look = tape.looks.get(n)
    return look is not None and look.grad


def _given(n: Node) -> tuple[int, ...]:
    """The tensors whose values a call takes: of `x.view_as(y)` x alone."""
    return n.ins[:1] if n.name.endswith("_as") else () if n.name.endswith("_like") else n.ins


def _back(tape: Tape, nodes: list[Node], wanted: set[int], stop: set[int], cut: bool = False) -> set[int]:
    """All tensors that these are made from, with a gradient (cut: or without one), not through `stop`."""
    want = set(wanted) - stop
    for n in reversed(nodes):
        if any(o in want and (cut or (n.grad and _grad(tape, o))) for o in n.outs):
            want |= set(_given(n)) - stop
    return want


def _alive(nodes: list[Node], tape: Tape, fed: set[int]) -> set[int]:
    """What is made from what is fed with a gradient all the way."""
    alive = set(fed)
    for n in nodes:
        if alive & set(_given(n)):
            alive |= {o for o in n.outs if (n.grad and _grad(tape, o)) or not n.learnt}
    return alive


def _of(nodes: list[Node], fed: set[int]) -> set[int]:
    """What is made from what is fed before any parameter meets it."""
    made = set(fed)
    for n in nodes:
        if not n.learnt and made & set(n.ins):
            made |= set(n.outs)
    return made


def _after(tape: Tape, nodes: list[Node], total: int, stop: set[int]) -> list[Node]:
    """The calls between the layers (the last ones with parameters) and the loss, without those of the term with the
    target."""
    want, found = {total} - stop, []
    for n in reversed(nodes):
        if any(o in want and o not in stop and _grad(tape, o) for o in n.outs):
            if set(tape.parameters) & set(n.ins):
                continue
            found.append(n)
            want |= set(_given(n)) - stop
    return found[::-1]


def _by_itself(n: Node) -> bool:
    """Does a call see each example by itself?"""
    name = n.name.strip("_")
    if name in ("chunk", "split", "unbind", "tensor_split"):
        along = n.kwargs.get("dim", list(n.args)[-1] if len(n.args) > (1 if name == "unbind" else 2) else 0)
        return isinstance(along, int) and along != 0
    if name == "getitem":
        key = n.args[1] if len(n.args) > 1 else None
        first = key[0] if isinstance(key, tuple) and key else key
        return first is Ellipsis or first == slice(None)
    return name in ALONE


def _cut(tape: Tape, nodes: list[Node], ends: set[int], whole: set[int], own: set[int]) -> Node | None:
    """The last call on the way to the term that is written as a cut, else the last that takes a gradient and gives none."""
    on = [n for n in nodes if n.learnt and n.site and n.outs and set(n.outs) & whole and not set(n.outs) & ends]
    on = [n for n in on if not any(_grad(tape, o) for o in n.outs)]
    fed = set().union(*(set(n.ins) for n in nodes if set(n.outs) & own)) if own else set()
    said = [n for n in on if n.name in WORDS]
    taking = [n for n in on if any(_grad(tape, i) for i in n.ins)]
    last = [n for n in said if set(n.outs) & fed] or said or taking or on
    return last[-1] if last else None
