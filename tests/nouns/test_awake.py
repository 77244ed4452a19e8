"""Laws of what sleeps on while a network is trained."""

from __future__ import annotations

import subprocess
import sys

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

from wellfit.nouns.awake import KEPT_FROM_IT, MARK, compiler_asleep, move


def test_an_optimizer_is_made_and_moves_without_the_compiler():
    code = """
import sys, torch
from wellfit.nouns.awake import compiler_asleep, move
w = torch.nn.Parameter(torch.ones(3))
with compiler_asleep():
    adam = torch.optim.Adam([w], fused=True)
    for _ in range(3):
        w.grad = torch.ones(3)
        move(adam)
        adam.zero_grad()
    adam.load_state_dict(adam.state_dict())
print("torch._dynamo" in sys.modules, w.tolist())
v = torch.nn.Parameter(torch.ones(3))
twin = torch.optim.Adam([v], fused=True)
for _ in range(3):
    v.grad = torch.ones(3)
    twin.step()
print("torch._dynamo" in sys.modules, v.tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    slept, plain = (line.split(" ", 1) for line in done.stdout.splitlines())
    assert (slept[0], plain[0]) == ("False", "True")
    assert slept[1] == plain[1]


def test_methods_are_left_as_they_were():
    inner = [getattr(Optimizer, name).__wrapped__ for name in KEPT_FROM_IT]
    before = [getattr(f, MARK, None) for f in inner]
    with compiler_asleep():
        torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
    assert [getattr(f, MARK, None) for f in inner] == before


def test_those_who_listen_to_optimizers_hear_each_step():
    w, heard = nn.Parameter(torch.ones(1)), []
    sgd = torch.optim.SGD([w], lr=0.5)
    handle = register_optimizer_step_pre_hook(lambda *given: heard.append(given[0]))
    try:
        w.grad = torch.ones(1)
        move(sgd)
    finally:
        handle.remove()
    assert heard == [sgd]
    assert w.item() == 0.5
