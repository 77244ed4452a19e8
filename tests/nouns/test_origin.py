"""Laws of origin: the expression that a person would edit to change a value."""

from __future__ import annotations

import ast

import pytest

from wellfit.nouns.origin import origin
from wellfit.nouns.source import Source

# ruff: noqa: E501
WAYS = {
    "a field of a dataclass": "@dataclass\nclass Plan:\n    width: int = 2 #!\n    lr: float = 1.0\nplan = Plan(lr=0.1)\nuse(plan.width)",
    "a field given in the call": "@dataclass\nclass Plan:\n    width: int = 2\nplan = Plan(\n    width=3, #!\n)\nuse(plan.width)",
    "an annotated parameter": "class A:\n    width: int = 2 #!\nclass B:\n    width = 5\ndef f(cfg: A):\n    use(cfg.width)\nf(A())",
    "an attribute of self": "class A:\n    def __init__(self, w):\n        self.w = w\n    def f(self):\n        use(self.w)\n"
    "class B:\n    def __init__(self):\n        self.w = 7\na = A(\n    3, #!\n)",
    "a loop over pairs": "SIZES = [64, 48, 1] #!\ndef stack(sizes):\n    for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):\n"
    "        use(b)\nstack(SIZES)\nstack(SIZES[::-1])",
    "a table by a name": "TABLE = {\n    'small': [4],\n    'large': [512, 512], #!\n}\ndef f(name):\n    for w in TABLE[name]:\n"
    "        use(w)\nf('large')",
    "the same name again": "width = 3\nwidth = 5 #!\nuse(width)",
    "beside others": "def f():\n    width, depth = 3, 2 #!\n    use(width)",
    "beside others, of a list": "SIZES = [\n    2,\n    3, #!\n]\na, b = SIZES\nuse(b)",
    "overwritten by part of a shape": "n = 64\nm, n = x.shape #!\nshape = 5\nuse(n)",
    "overwritten after its use": "n = 64 #!\nuse(n)\nn = 5",
    "overwritten in a function": "n = 64\ndef f(x):\n    b, n = x.shape #!\n    use(n)",
    "of the file, not of another function": "n = 64 #!\ndef g():\n    n = 5\nuse(n)",
    "a parameter overwritten after its use": "def f(n):\n    use(n)\n    n = 5\nf(3) #!",
    "made from itself": "n = 64\nm = 2\nn = n // m #!\nuse(n)",
    "an element": "sizes = [2, 3] #!\nuse(sizes[1])",
    "a parameter of the function around": "def outer(w):\n    def inner():\n        use(w)\n    return inner\nouter(3) #!",
    "what stands in for nothing": "def f(w=None):\n    w = w or 5\n    use(w)\nf(3) #!",
    "a default by a factory": "@dataclass\nclass P:\n    sizes: list = field(default_factory=lambda: [2, 3]) #!\np = P()\nuse(p.sizes[0])",
}


@pytest.mark.parametrize("way", WAYS)
def test_value_is_followed_to_where_it_is_written(way):
    source = Source("train.py", WAYS[way])
    call = next(source.calls("use"))
    assert isinstance(call.args[0], ast.expr)
    assert "#!" in source.line(origin(source, call.args[0]).lineno)


def test_name_that_is_made_from_itself_is_not_followed_for_ever():
    source = Source("train.py", "n = 2\nfor k in range(3):\n    n = n * 2\nuse(n)")
    assert origin(source, next(source.calls("use")).args[0]).lineno in (1, 3, 4)


def test_name_that_is_given_others_later_is_not_followed_out_of_a_function_or_round_a_loop():
    for text in ("n = 2\ndef f():\n    use(n)\nn = 3\nf()", "n = 2\nfor k in range(3):\n    use(n)\n    n = 5"):
        source = Source("train.py", text)
        call = next(source.calls("use"))
        assert origin(source, call.args[0]) is call.args[0]
