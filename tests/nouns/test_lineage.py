"""Laws of where data were made: a value that a data set chooses between two numbers is made where it chooses."""

from __future__ import annotations

import ast

import pytest

from wellfit.nouns.lineage import lineage
from wellfit.nouns.source import Source

CLASS = """
def stroke(n):
    t = torch.linspace(0, 1, n)
    return t
class Pairs(Dataset):
    def __getitem__(self, k):
        return self.a[k], {label}  #!
data = Pairs()
for x, t in DataLoader(data, 8):
    loss = criterion(net(x), t)
"""
WAYS = {"one line": "1.0 if self.same[k] else 0.0", "whole numbers": "1 if self.same[k] else NO"}


@pytest.mark.parametrize("way", WAYS)
def test_labels_that_a_data_set_chooses_are_made_where_it_does(way):
    source = Source("/code/train.py", "NO = 0\n" + CLASS.format(label=WAYS[way]))
    call = next(source.calls("criterion"))
    steps = [s for s in lineage(source, call.args[1]) if not isinstance(s.value, ast.Call)]
    assert source.line(steps[0].line).endswith("#!")


def test_a_name_of_the_file_is_not_taken_for_that_of_a_function():
    source = Source("/code/train.py", CLASS.format(label="self.b[k]"))
    call = next(source.calls("criterion"))
    assert not any("linspace" in source.line(s.line) for s in lineage(source, call.args[1]))
