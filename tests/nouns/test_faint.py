"""Laws of faint terms: a term with data that its factor leaves unheeded is seen, small terms that are learnt or noise are not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from wellfit.nouns.faint import faint
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Look, Node, Ref, Site, Tape

HERE = Site("train.py", 1)


def node(name: str, args: tuple[Any, ...], out: int) -> Node:
    return Node(name, None, None, args, {}, Ref(out), (out,), HERE, learnt=True)


def step(index: int, rest: float, term: float, factor: float, target: torch.Tensor) -> Tape:
    """loss = mean(...) + factor * ((answer - target) ** 2).mean()"""
    look = lambda mean: Look((4, 1), "float32", True, mean=mean)
    return Tape(
        index, 0,
        [node("linear", (), 1), node("sub", (Ref(1), Ref(2)), 3), node("pow", (Ref(3), 2), 4), node("mean", (Ref(4),), 5),
         node("mul", (Ref(5), factor), 6), node("square", (Ref(1),), 7), node("mean", (Ref(7),), 8),
         node("add", (Ref(8), Ref(6)), 9)],
        {2: target}, looks={i: look({5: term, 8: rest}.get(i)) for i in range(1, 10)}, losses=[9],
    )  # fmt: skip


def seen(terms: list[float], factor: float = 1e-4, fixed: bool = True, steps: int = 10, optimizers: int = 1, rest=0.7):
    target = lambda i: torch.tensor([[1.0], [-1.0], [1.0], [-1.0]]) if fixed else torch.randn(4, 1)
    tapes = [step(i, 10 * rest**i if rest < 1 else 10.0, t, factor, target(i)) for i, t in enumerate(terms)]
    return SimpleNamespace(
        loss=SimpleNamespace(tape=tapes[2], total=9), alternating=False, optimizers=[None] * optimizers, steps=steps,
        training=lambda: tapes, sources={"train.py": Source("train.py", f"x = 2\nEDGE = {factor!r}\n")},
    )  # fmt: skip


def test_a_term_that_nothing_heeds_is_seen_where_its_factor_is_written():
    found = faint(seen([0.9] * 20, steps=20))  # type: ignore[arg-type]
    assert found is not None
    assert found.site == Site("train.py", 2)
    assert (found.began, found.ended) == pytest.approx((0.9, 0.9))
    assert found.share < 1e-4


@pytest.mark.parametrize("given", [
    {"terms": [0.9 * 0.6**i for i in range(20)]},
    {"terms": [0.9] * 20, "factor": 0.5},
    {"terms": [1.0] * 20, "fixed": False},
    {"terms": [0.9] * 20, "rest": 1.0},
    {"terms": [0.9] * 20, "optimizers": 2},
    {"terms": [0.9] * 20, "steps": 400},
], ids=["learnt", "heeded", "no more than a constant tells", "nothing is learnt", "rivals", "the end was not seen"])  # fmt: skip
def test_terms_that_do_no_harm_are_left_alone(given):
    torch.manual_seed(0)
    assert faint(seen(**{"steps": 20, **given})) is None  # type: ignore[arg-type]
