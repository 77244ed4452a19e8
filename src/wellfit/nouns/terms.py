"""Terms: what a loss is the sum of: each term's reduction, how many elements it goes over, and its constant factor."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from wellfit.nouns.program import LossSeen
from wellfit.nouns.tape import Node, Ref, Tape

HEAVY = 10.0
"""Times as much that an element of one term counts than one of another, beyond what factors are chosen for."""
REDUCING = frozenset(("mean", "sum", "nansum", "nanmean", "dot", "inner"))


@dataclass(frozen=True)
class Term:
    """reduced: "mean" or "sum"; elements: how many values it goes over, all reductions together; rows: the first
    dimension of what was reduced; factor: product of the plain numbers it is multiplied by; node: the reduction."""

    node: Node
    reduced: str
    elements: int
    rows: int
    factor: float

    @property
    def weight(self) -> float:
        """What one element counts for in the loss."""
        return abs(self.factor) / (self.elements if self.reduced == "mean" else 1)


def of_target(loss: LossSeen, known: list[Term]) -> Term | None:
    """The term that holds the answers against the target; None where none of several does, or more than one."""
    tape = loss.tape
    uses = lambda t: (
        {i for n in tape.nodes if n is t.node for i in n.ins}
        | {i for n in tape.needed(list(t.node.outs)) for i in n.ins}
    )
    found = [t for t in known if t.node is loss.node]  # what is fed may be the target, too
    found = found or [t for t in known if loss.node is not None and loss.node in tape.needed(list(t.node.outs))]
    found = found or [t for t in known if loss.target is not None and loss.target in uses(t)]
    return found[0] if len(known) > 1 and len(found) == 1 else None


def unlike(loss: LossSeen) -> Term | None:
    """Of two terms, the one that is a sum over what the network gave (no other data of the batch in it) beside a mean of how
    it misses the target, and of which an element counts for much more; None where they are reduced alike."""
    tape, known = loss.tape, terms(loss.tape, loss.total)
    own = of_target(loss, known)
    others = [t for t in known if t is not own]
    if own is None or len(others) != 1 or own.reduced != "mean" or others[0].reduced != "sum":
        return None
    (other,) = others
    if other.weight <= HEAVY * own.weight or own.rows < 2 or other.rows != own.rows:
        return None
    path = tape.needed(list(other.node.outs))
    rows = [tape.looks.get(i) for n in path if n.module is None for i in n.ins if i in tape.leaves]
    given = any(look is not None and look.shape[:1] == (own.rows,) for look in rows)
    return None if given or not any(n.module is not None for n in path) else other


def accumulated(loss: LossSeen, closure: bool) -> int:
    """How many times the same line called backward on its way to one step (gradients added up over batches); not where
    the optimizer asked for that by its closure."""
    tape = loss.tape
    if closure:
        return 1
    makers = tape.inner_makers()
    place = lambda n: (makers[n].site, makers[n].name) if n in makers else None
    return max(1, sum(place(n) == place(loss.total) for n in tape.losses)) if place(loss.total) else 1


def terms(tape: Tape, total: int) -> list[Term]:
    """The terms of a loss, followed back through additions and through factors that are plain numbers."""
    makers = tape.inner_makers()
    return _terms(tape, makers, total, 1.0, 12)


def _terms(tape: Tape, makers: dict[int, Node], n: int, factor: float, depth: int) -> list[Term]:
    node = makers.get(n)
    if node is None or not node.learnt or depth <= 0:
        return []
    name = node.name.strip("_")
    parts = [a.n for a in node.args[:2] if isinstance(a, Ref)]
    numbers = [float(a) for a in node.args[:2] if isinstance(a, (int, float)) and not isinstance(a, bool)]
    again = lambda part, times: _terms(tape, makers, part, factor * times, depth - 1)
    if name in ("add", "iadd", "radd", "sub", "isub", "rsub"):
        return [t for part in parts for t in again(part, 1.0)]
    if name in ("mul", "imul", "rmul") and len(parts) == 1 and numbers:
        return again(parts[0], numbers[0])
    if name in ("div", "truediv", "itruediv", "true_divide") and len(parts) == 1 and numbers and numbers[0]:
        return again(parts[0], 1 / numbers[0])
    if name in ("mul", "div", "truediv", "squeeze", "view", "reshape", "neg", "clone") and parts:
        return again(parts[0], 1.0)
    if "reduction" in node.kwargs or name in REDUCING:
        return _reduced(tape, makers, node, factor)
    return []


def _reduced(tape: Tape, makers: dict[int, Node], node: Node, factor: float) -> list[Term]:
    """A reduction; a sum over some dimensions followed by a mean over the rest counts as both."""
    look = tape.looks.get(node.ins[0]) if node.ins else None
    shape = look.shape if look else ()
    how = str(node.kwargs.get("reduction", "")) or node.name.replace("nan", "")
    how = "sum" if how in ("dot", "inner") else how
    if how not in ("mean", "sum"):
        return []
    elements, rows = max(prod(shape), 1), shape[0] if shape else 1
    if node.name == "cross_entropy" and len(shape) > 1:
        elements //= max(shape[1], 1)
    if node.name == "nll_loss" and len(shape) > 1:
        elements //= max(shape[1], 1)
    before = makers.get(node.ins[0]) if node.ins else None
    if before is not None and before.name == "sum" and how == "mean":
        return [Term(node, "sum", elements, rows, factor / elements)]
    if before is not None and before.name == "mean" and how == "sum":
        return [Term(node, "mean", elements, rows, factor)]
    return [Term(node, how, elements, rows, factor)]
