"""Laws of an optimizer's settings that are given in each other's place."""

from __future__ import annotations

import pytest
import torch

from wellfit.nouns.locate import optimizer_argument
from wellfit.nouns.misplaced import misplaced
from wellfit.nouns.program import OptimizerSeen, Program
from wellfit.nouns.source import Source
from wellfit.nouns.tape import Site

WRONG = {
    "by place": "lr, momentum = 0.02, 0.9\no = torch.optim.SGD(\n    ps, momentum, lr)  #!",
    "an attribute": "o = torch.optim.SGD(ps, args.momentum, args.learning_rate)  #!",
    "an entry": "o = torch.optim.SGD(ps, cfg['weight_decay'])  #!",
    "by keyword": "o = torch.optim.SGD(ps, lr=momentum, momentum=lr)  #!",
    "handed on": "def make(ps, lr, momentum):\n    return torch.optim.SGD(ps, lr=lr, momentum=momentum)\n"
    "o = make(ps, momentum, learning_rate)  #!",
}  # fmt: skip
RIGHT = {
    "by place": "lr, momentum = 5.0, 0.9  #!\no = torch.optim.SGD(ps, lr, momentum)",
    "another name": "o = torch.optim.SGD(ps, rate_of(momentum))  #!",
    "handed on": "def make(ps, lr, momentum):\n    return torch.optim.SGD(ps, lr=lr, momentum=momentum)\n"
    "o = make(ps, momentum=0.9, lr=5.0)  #!",
}  # fmt: skip


def seen(text: str) -> tuple[Program, Source]:
    source = Source("/code/train.py", text)
    made = next(source.calls("SGD"))
    one = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    main = OptimizerSeen(one, Site(source.path, made.lineno), groups=[{"lr": 5.0}], steps=1)
    return Program(source.path, sources={source.path: source}, optimizers=[main]), source


@pytest.mark.parametrize("way", WRONG)
def test_call_is_the_place_where_a_setting_goes_by_the_name_of_another(way):
    program, source = seen(WRONG[way])
    site = optimizer_argument(program, "lr")
    assert site is not None
    end = max(c.end_lineno or 0 for c in source.calls() if c.lineno == site.line)
    assert "#!" in "".join(source.lines[site.line - 1 : end])
    assert misplaced(program, program.optimizers[0], "lr") is not None


@pytest.mark.parametrize("way", RIGHT)
def test_settings_in_their_places_are_followed_to_where_they_are_written(way):
    program, source = seen(RIGHT[way])
    site = optimizer_argument(program, "lr")
    assert misplaced(program, program.optimizers[0], "lr") is None
    assert site is not None
    assert "#!" in source.line(site.line)
