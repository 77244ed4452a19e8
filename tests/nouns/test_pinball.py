"""Laws of quantile losses written by hand: which way round they are, in the ways that people write them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from wellfit.nouns.pinball import reversed_quantile
from wellfit.nouns.program import LossSeen, Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site

WAYS = {  # `a`, `b`: the two sides, in this order: right where `a` is the target
    "the larger of two": "def loss(p, y, q):\n    e = a - b\n    return torch.max(q * e, (q - 1) * e).mean()",
    "maximum of a module": "class L:\n    def forward(self, p, y):\n        e = a - b\n"
    "        return torch.maximum(self.q * e, (self.q - 1) * e).mean()",
    "by where": "def loss(p, y):\n    e = a - b\n    return torch.where(e >= 0, q * e, (q - 1) * e).sum()",
    "weights by where": "def loss(p, y):\n    e = a - b\n    w = torch.where(e > 0, q, 1 - q)\n    return (w * e.abs()).mean()",
    "by relu": "def loss(p, y):\n    e = a - b\n    return (q * F.relu(e) + (1 - q) * F.relu(-e)).mean()",
    "by clamp": "def loss(p, y):\n    e = a - b\n    return torch.mean(q * e.clamp(min=0) + (1 - q) * (-e).clamp(min=0))",
    "with an indicator": "def loss(p, y):\n    e = a - b\n    return ((q - (e < 0).float()) * e).mean()",
    "in one line": "for k in range(9):\n    loss = torch.max(q * (a - b), (q - 1) * (a - b)).mean()",
    "in two names": "def loss(p, y):\n    e = a - b\n    over, under = 0, 0\n    over = q * e\n    under = (q - 1) * e\n"
    "    return torch.max(over, under).mean()",
    "in a list of quantiles": "def loss(p, y):\n    parts = []\n    for i, q in enumerate(QS):\n        e = a - b\n"
    "        parts.append(torch.max((q - 1) * e, q * e).unsqueeze(1))\n    return torch.cat(parts, 1).mean()",
}  # fmt: skip


def asked(text: str, target_first: bool, name: str = "sub"):
    source = Source("/code/train.py", text)
    line = next(
        i for i, part in enumerate(source.lines, 1) if " - y" in part or "y - " in part or "y.float() - " in part
    )
    node = SimpleNamespace(ins=(2, 1) if target_first else (1, 2), name=name)
    loss = LossSeen("", node, None, 1, 2, 1, (0,), 3, site=Site(source.path, line))  # type: ignore[arg-type]
    return reversed_quantile(Program(source.path, sources={source.path: source}), loss)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("answer", "target"), [("p", "y"), ("p[:, i]", "y"), ("p.squeeze(1)", "y.float()")])
def test_quantile_loss_is_reversed_where_the_answer_comes_first(way, answer, target):
    right = WAYS[way].replace("a - b", f"{target} - {answer}")
    wrong = WAYS[way].replace("a - b", f"{answer} - {target}")
    assert asked(right, True) is None
    assert asked(wrong, False) is not None


RIGHT = {
    "taken for 1 - q on purpose": "e = p - y\nloss = torch.max((1 - q) * e, -q * e).mean()",
    "a squared error": "e = p - y\nloss = (e * e).mean()",
    "a weighted one": "e = p - y\nloss = (w * e.abs()).mean()",
    "of Huber": "e = p - y\nloss = torch.where(e.abs() < d, 0.5 * e * e, d * (e.abs() - 0.5 * d)).mean()",
    "an expectile": "e = p - y\nloss = (torch.where(e > 0, 1 - q, q) * e ** 2).mean()",
    "leaning by a factor": "e = p - y\nloss = torch.where(e > 0, e, k * -e).mean()",
    "sides compared": "loss = torch.where(p > y, (1 - q) * (p - y), q * (y - p)).mean()",
}


@pytest.mark.parametrize("way", RIGHT)
def test_other_losses_are_left_in_peace(way):
    assert asked(RIGHT[way], False) is None


def test_sides_compared_the_wrong_way_are_seen():
    assert asked("loss = torch.where(p > y, q * (p - y), (1 - q) * (y - p)).mean()", False) is not None
