"""Laws of picked answers: a slice from later on or a mask takes a part; a loop, a column or the first rows do not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from wellfit.nouns.picked import picked
from wellfit.nouns.source import Source

PART = {
    "slice": "out = net(x)\nscore(out[cut:], y[cut:])",
    "at once": "score(net(x)[cut:], y[cut:])",
    "mask": "out, state = net(x, edges)\nscore(out[held].argmax(1), y[held])",
    "through a function": "def ask(x):\n    return scale(net(x))\nout = ask(x)\nscore(out[-90:])",
}
WHOLE = {
    "column": "out = net(x)\nscore(out[:, 1:], y)",
    "first rows": "out = net(x)\nscore(out[:50], y[:50])",
    "one after another": "out = net(x)\nfor i in range(9):\n    score(out[i], y[i])",
    "head": "out = net(x)\nscore(out['mean'], y)",
    "data sliced, not answers": "out = net(x[cut:])\nscore(out, y[cut:])",
}


def asked(text: str) -> bool:
    source = Source("a.py", text)
    line = next(i for i, t in enumerate(text.splitlines(), 1) if "net(" in t)
    node = SimpleNamespace(site=SimpleNamespace(file="a.py", line=line))
    return picked(SimpleNamespace(source=lambda site: source, sources={"a.py": source}), node)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", PART)
def test_part_of_the_answers_is_taken(name):
    assert asked(PART[name])


@pytest.mark.parametrize("name", WHOLE)
def test_all_answers_are_taken(name):
    assert not asked(WHOLE[name])
