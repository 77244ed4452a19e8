"""Laws of values that are written in another file than the one they are used in."""

from __future__ import annotations

import ast

import pytest

from wellfit.nouns.across import follow
from wellfit.nouns.program import Program
from wellfit.nouns.source import Source

FILES = {
    "/code/settings.py": "RATE = 0.5\n\nclass Config:\n    decay: float = 0.3\n",
    "/code/options.py": "import argparse\n\ndef parse():\n    p = argparse.ArgumentParser()\n"
    '    p.add_argument("--lr", type=float, default=0.7)\n    return p.parse_args()\n',
    "/code/steps.py": "import settings\nfrom settings import RATE\n\ndef make(model, lr=0.1, momentum=0.0):\n"
    "    return SGD(model, lr=lr)\n\ndef other(args):\n    return SGD(0, lr=args.lr)\n\n"
    "one = SGD(0, lr=RATE)\ntwo = SGD(0, lr=settings.RATE)\n",
    "/code/train.py": "from steps import make\n\noptimizer = make(model,\n    lr=5.0)\n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "where"),
    [(5, ("/code/train.py", 4)), (8, ("/code/options.py", 5)), (10, ("/code/settings.py", 1)), (11, ("/code/settings.py", 1))],
)  # fmt: skip
def test_value_is_followed_into_another_file(line, where):
    program = Program("/code/train.py", sources={p: Source(p, t) for p, t in FILES.items()})
    steps = program.sources["/code/steps.py"]
    call = next(c for c in steps.calls("SGD") if c.lineno == line)
    at, end = follow(program, steps, steps.keyword(call, "lr"))
    assert (at.path, end.lineno) == where


def test_value_of_the_only_file_stays_in_it():
    text = "lr = 0.1\noptimizer = SGD(0, lr=lr)\n"
    source = Source("/code/train.py", text)
    program = Program("/code/train.py", sources={source.path: source})
    at, end = follow(program, source, source.keyword(next(source.calls("SGD")), "lr"))
    assert at is source
    assert ast.literal_eval(end) == 0.1
