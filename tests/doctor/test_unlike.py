"""Laws of losses whose terms are reduced in unlike ways: a sum over the batch beside a mean is a suspicion, at its line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

TEXT = """import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(160, 6)
y = (x @ torch.randn(6, 20)).cumsum(1) / 4
w = torch.rand(160, 19)
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 20))
opt = torch.optim.Adam(net.parameters(), lr=0.003)


def rough(profile, rows):
    steps = profile[:, 1:] - profile[:, :-1]
    return {penalty}  #!


for epoch in range(3):
    for rows in torch.randperm(160).split(20):
        answer = net(x[rows])
        miss = {miss}
        loss = miss + {factor} * rough(answer, rows)
        opt.zero_grad()
        loss.backward()
        opt.step()
"""
MISS = {"named": "nn.functional.mse_loss(answer, y[rows])", "by hand": "(answer - y[rows]).square().mean()"}
SUMMED = {"squares": "steps.pow(2).sum()", "sizes": "torch.sum(torch.abs(steps))", "norm": "(steps * steps).sum()"}


@pytest.mark.parametrize("miss", MISS)
@pytest.mark.parametrize("penalty", SUMMED)
def test_a_penalty_of_the_answers_summed_over_the_batch_is_a_suspicion(miss, penalty, tmp_path):
    text = TEXT.format(penalty=SUMMED[penalty], miss=MISS[miss], factor="0.1")
    (found,) = said(text, tmp_path, ["loss_scale"])
    assert (found.fault, found.severity) == ("loss-scale", "warning")
    assert "#!" in text.splitlines()[found.line - 1]


@pytest.mark.parametrize(
    ("penalty", "factor"),
    [("steps.pow(2).mean()", "0.1"), ("steps.pow(2).sum()", "0.0005"), ("(w[rows] * steps).pow(2).sum()", "0.1")],
)
def test_a_mean_a_small_factor_and_a_term_of_other_data_are_let_be(penalty, factor, tmp_path):
    text = TEXT.format(penalty=penalty, miss=MISS["named"], factor=factor)
    assert said(text, tmp_path, ["loss_scale"]) == []
