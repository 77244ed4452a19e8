"""Blindness: what a loss does not see of its answers, found by calling it with others than the network gave."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.tape import Ref, each, mapped, refs

SAME, OTHER = 1e-4, 1e-3
"""Share of itself by which a loss changes at most that does not see a change, and at least that sees one."""
CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "twice as large": lambda a: 2.0 * a,
    "all larger by their spread": lambda a: a + a.std(),
}
HELD_AGAINST = frozenset(("sub", "__sub__", "rsub", "__rsub__", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"))
"""Calls in which an evaluation takes answers for values in the targets' unit."""


def unseen(program: Program, loss: LossSeen) -> str | None:
    """In words the change of all answers that leaves the loss as it is, where evaluation holds the answers against the
    targets as values; None where it sees each, or cannot be called again."""
    target = loss.tape.leaves.get(loss.target) if loss.target is not None else None
    if target is None or not target.is_floating_point() or len(torch.unique(target[:200])) < 8:
        return None
    if not any(q.compared and q.compared[0].name in HELD_AGAINST for q in program.passes):
        return None
    spread = float(target.std())
    first = target + 0.3 * spread * torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
    second = target + 1.0 * spread * torch.randn(target.shape, generator=torch.Generator().manual_seed(1))
    plain, worse = cost(loss, first), cost(loss, second)
    if plain is None or worse is None or abs(worse - plain) <= OTHER * abs(plain):
        return None  # nor does it see what it must
    for words, change in CHANGES.items():
        changed = cost(loss, change(first))
        if changed is not None and abs(changed - plain) <= SAME * max(abs(plain), abs(worse - plain)):
            return words
    return None


def cost(loss: LossSeen, answer: Tensor) -> float | None:
    """What the recorded step would have called backward on had the network answered this; None where more went into it
    than answers, targets and constants, or the answer has another shape."""
    tape, look = loss.tape, loss.look(loss.answer)
    if loss.answer is None or look is None or look.shape != tuple(answer.shape):
        return None
    values = {**tape.leaves, loss.answer: answer}
    behind = {loss.answer}
    with torch.no_grad():
        for node in tape.needed([loss.total]):
            if not behind & set(node.ins):
                continue
            if (
                node.call is None
                or any(i not in values for i in node.ins)
                or node.name.endswith("_") != node.name.startswith("_")
            ):
                return None
            try:
                given = node.call(
                    *mapped(node.args, Ref, lambda r: values[r.n]), **mapped(node.kwargs, Ref, lambda r: values[r.n])
                )
            except Exception:
                return None
            for ref, tensor in zip(refs(node.out), each(given, Tensor)):
                values[ref.n] = tensor
                behind.add(ref.n)
    total = values.get(loss.total)
    return float(total.sum()) if isinstance(total, Tensor) and loss.total in behind else None
