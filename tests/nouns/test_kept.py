"""Laws of weights that are put aside: which are copies, which are the network's own."""

from __future__ import annotations

import pytest
import torch

from wellfit.nouns.kept import by_reference
from wellfit.nouns.program import NetworkSeen, Program
from wellfit.nouns.source import Source

LOOP = """
for epoch in range(9):
    train(net)
    loss = judge(net)
    if loss < best:
        best = loss
        kept = {keep}
{back}
"""
OWN = (
    "net.state_dict()", "dict(net.state_dict())", "net.state_dict().copy()", "copy.copy(net.state_dict())",
    "{k: v for k, v in net.state_dict().items()}", "{k: v.detach().cpu() for k, v in net.state_dict().items()}",
    "{'epoch': epoch, 'net': net.state_dict()}", "(epoch, net.state_dict())",
)  # fmt: skip
COPIES = (
    "copy.deepcopy(net.state_dict())", "copy.deepcopy(net).state_dict()", "pickle.loads(pickle.dumps(net.state_dict()))",
    "{k: v.clone() for k, v in net.state_dict().items()}", "{k: v.cpu().clone() for k, v in net.state_dict().items()}",
    "{k: v.numpy().copy() for k, v in net.state_dict().items()}", "{'epoch': epoch, 'net': copy.deepcopy(net.state_dict())}",
    "optimizer.state_dict()", "epoch",
)  # fmt: skip
IN_A_CLASS = """
class Best:
    def update(self, loss, net):
        if self.best is None or loss < self.best:
            self.best = loss
            self.state = net.state_dict()

    def restore(self, net):
        net.load_state_dict(self.state)
"""


def seen(text):
    program = Program("/code/train.py", sources={"/code/train.py": Source("/code/train.py", text)})
    program.networks.append(NetworkSeen(torch.nn.Linear(2, 1), None, {}))
    return by_reference(program)


@pytest.mark.parametrize("keep", OWN)
def test_own_weights_are_no_copy(keep):
    found = seen(LOOP.format(keep=keep, back="net.load_state_dict(kept)"))
    assert found is not None
    assert (found.site.line, found.lower) == (7, True)


@pytest.mark.parametrize("keep", COPIES)
def test_copies_are_left_in_peace(keep):
    assert seen(LOOP.format(keep=keep, back="net.load_state_dict(kept)")) is None


@pytest.mark.parametrize(
    "back", ["print(kept)", "net.load_state_dict(torch.load('best.pt'))", "optimizer.load_state_dict(kept)"]
)
def test_weights_that_are_not_loaded_are_left_in_peace(back):
    assert seen(LOOP.format(keep="net.state_dict()", back=back)) is None


def test_class_that_keeps_the_best():
    found = seen(IN_A_CLASS)
    assert found is not None
    assert (found.site.line, found.lower) == (6, True)


def test_condition_is_needed():
    assert seen("before = net.state_dict()\ntrain(net)\nother.load_state_dict(before)\n") is None


def test_best_and_its_weights_set_in_one_assignment():
    both = LOOP.replace("        best = loss\n        kept = {keep}", "        best, kept = loss, {keep}")
    back = "net.load_state_dict(kept)"
    found = seen(both.format(keep="net.state_dict()", back=back))
    assert found is not None
    assert found.lower
    assert seen(both.format(keep="copy.deepcopy(net.state_dict())", back=back)) is None
