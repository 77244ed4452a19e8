"""Laws of calls: what is given for a parameter, and for a keyword that is written elsewhere than in the call."""

from __future__ import annotations

import ast

import pytest

from wellfit.nouns.calls import given, keyword
from wellfit.nouns.origin import origin
from wellfit.nouns.source import Source

# ruff: noqa: E501
PARAMETERS = {
    "a function": ("def f(a, b):\n    return b\nf(1,\n  2)\n", [4]),
    "an object that is called": (
        "class Hinge(Module):\n    def forward(self, a, b):\n        return b\nhinge = Hinge()\nhinge(1, 2)\n",
        [5],
    ),
    "a lambda": ("f = lambda a, b: b\nf(1, b=2)\n", [2]),
    "a partial": ("def f(a, b):\n    return b\ng = partial(f, 1)\ng(2)\n", [4]),
    "bound by a partial": ("def f(a, b):\n    return b\ng = partial(f, 1, b=2)\n", [3]),
    "a static method": ("class A:\n    @staticmethod\n    def f(a, b):\n        return b\nA.f(1, 2)\n", [5]),
    "spread, so unknown": ("def f(a, b):\n    return b\nf(*both)\n", []),
}
KEYWORDS = {
    "in the call": "use(8, momentum=0.3) #!",
    "a partial": "norm = partial(Norm, eps=1,\n    momentum=0.3, #!\n)\nuse = norm\nnorm(8)",
    "a partial as an argument": "def build(norm):\n    norm(8)\nbuild(partial(Norm, momentum=0.3)) #!",
    "a partial unless one is given": "def build(norm=None):\n    norm = norm or Norm\n    norm(8)\nbuild(partial(Norm, momentum=0.3)) #!",
    "a default where none is given": "class Own(Norm):\n    def __init__(self, n):\n        super().__init__(n, momentum=0.3) #!\n"
    "def build(norm=None):\n    if norm is None:\n        norm = Own\n    norm(8)\nbuild()",
    "a dictionary": "HOW = {'norm': {\n    'eps': 1,\n    'momentum': 0.3, #!\n}}\nNorm(8, **HOW['norm'])",
    "dict()": "how = dict(momentum=0.3) #!\nNorm(8, **how)",
    "a lambda": "norm = lambda n: Norm(n, momentum=0.3) #!\nnorm(8)",
}


@pytest.mark.parametrize("way", PARAMETERS)
def test_what_calls_give_for_a_parameter(way):
    text, lines = PARAMETERS[way]
    source = Source("/code/train.py", text)
    function = next(n for n in source.nodes if isinstance(n, (ast.FunctionDef, ast.Lambda)))
    assert [value.lineno for value in given(source, source, function, "b")] == lines


@pytest.mark.parametrize("way", KEYWORDS)
def test_keyword_is_found_where_it_is_written(way):
    source = Source("/code/train.py", KEYWORDS[way])
    call = next(c for c in source.calls() if c.args and isinstance(c.args[0], ast.Constant) and c.args[0].value == 8)
    found = keyword(source, call, lambda at, expr: (at, origin(at, expr)), "momentum")
    assert found is not None
    assert "#!" in source.lines[found[1].lineno - 1]


def test_keyword_that_nobody_gives_is_none():
    source = Source("/code/train.py", "norm = partial(Norm, eps=1)\nnorm(8)\n")
    call = next(source.calls("norm"))
    assert keyword(source, call, lambda at, expr: (at, origin(at, expr)), "momentum") is None
