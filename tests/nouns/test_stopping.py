"""Laws of loops over epochs that train in their first pass alone, and of those that a rule of their own ends."""

from __future__ import annotations

import pytest
import torch

from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.source import Source
from wellfit.nouns.stopping import improving, left, stopped
from wellfit.nouns.tape import Site

HEAD = """
def stream(x, size):
    for k in range(0, len(x), size):
        yield x[k : k + size]
"""
SPENT = {
    "generator function": "batches = stream(x, 9)  #!",
    "generator": "batches = (x[k] for k in order)  #!",
    "iterator": "batches = iter(loader)  #!",
    "pairs": "batches = zip(x, y)  #!",
}
WHOLE = {"list": "batches = list(stream(x, 9))", "loader": "batches = DataLoader(x)", "split": "batches = x.split(9)"}
LOOP = (
    HEAD
    + """
{made}
for epoch in range(20):
    {again}
    for a in batches:
        train(a)
        o.step()
    {end}
"""
)
UNTIL = """
TOLERANCE = 0.01  #!
before, now, step = 9.0, 8.0, 0
while abs(before - now) > TOLERANCE{cap}:
    o.step()
    step += 1
"""


def seen(text: str, steps: int) -> tuple[Program, Source]:
    source = Source("/code/train.py", text)
    line = next(c.lineno for c in source.calls("step"))
    one = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    main = OptimizerSeen(one, Site(source.path, 1), groups=[{"lr": 0.1}], steps=steps)
    program = Program(source.path, sources={source.path: source}, optimizers=[main], steps=steps)
    program.sites["s"] = [Site(source.path, line)]
    return program, source


def marked(source: Source, site: Site | None) -> bool:
    return site is not None and "#!" in source.line(site.line)


@pytest.mark.parametrize("way", SPENT)
def test_an_iterator_made_before_the_epochs_is_spent_after_the_first(way):
    program, source = seen(LOOP.format(made=SPENT[way], again="pass", end="pass"), 9)
    assert marked(source, left(program))


@pytest.mark.parametrize("way", WHOLE)
def test_what_can_be_walked_through_again_is_let_be(way):
    assert left(seen(LOOP.format(made=WHOLE[way], again="pass", end="pass"), 9)[0]) is None


def test_an_iterator_made_anew_in_each_epoch_is_let_be():
    assert left(seen(LOOP.format(made="pass", again="batches = stream(x, 9)", end="pass"), 9)[0]) is None


def test_a_return_in_the_loop_over_epochs_ends_it_in_the_first():
    text = LOOP.format(made="batches = x", again="pass", end="{end}")
    text = "def fit(x):\n" + "".join(f"    {line}\n" for line in text.splitlines())
    program, source = seen(text.format(end="return x  #!"), 9)
    assert marked(source, left(program))
    assert left(seen(text.format(end="if bad: return x"), 9)[0]) is None


def test_a_tolerance_that_ends_a_loop_is_where_it_stops(monkeypatch):
    monkeypatch.setattr("wellfit.nouns.stopping.Pace", lambda program: type("P", (), {"epoch": 1})())
    program, source = seen(UNTIL.format(cap=" and step < 1500"), 40)
    found = stopped(program)
    assert found is not None
    assert marked(source, found.site)
    assert found.planned == 1500
    assert stopped(seen(UNTIL.format(cap=" and step < 1500"), 1500)[0]) is None
    assert stopped(seen(UNTIL.format(cap=""), 40)[0]) is not None


def curved(monkeypatch, values) -> Program:
    monkeypatch.setattr("wellfit.nouns.stopping.judged", lambda program: list(enumerate(values)))
    return Program("/code/train.py")


def test_a_loss_that_creeps_on_at_next_to_nothing_was_not_stopped_too_early(monkeypatch):
    """Squared errors of a variance of 1: 0.99 of it explained, a few per cent of the rest gained in a quarter."""
    creeping = [0.9 * 0.8**t + 0.011 + 0.006 * 0.98**t for t in range(120)]
    assert not improving(curved(monkeypatch, creeping), 1.25)
    assert not improving(curved(monkeypatch, creeping))
    falling = [0.9 * 0.9**t + 0.02 for t in range(30)]
    assert improving(curved(monkeypatch, falling), 8.0)
    assert improving(curved(monkeypatch, [2.3 - 0.05 * t for t in range(20)]), 1.5)
