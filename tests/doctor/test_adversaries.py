"""Laws of two networks that are trained against each other: what keeps the contest from being one is named, at its line;
contests of every usual kind, and networks that take turns without being one, are left in peace."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

BEFORE = """import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce, mse_loss, relu, softplus
torch.manual_seed(0)
def real(n):
    angle = 6.28 * torch.rand(n)
    return torch.stack([angle.cos(), angle.sin()], 1) * 1.5
def net(n_in, n_out):
    return nn.Sequential(nn.Linear(n_in, 12), nn.SiLU(), nn.Linear(12, n_out))
maker = net(3, 2)
judge = net(2, 1)
opt_m = torch.optim.Adam(maker.parameters(), lr=1e-3)
opt_j = torch.optim.Adam(judge.parameters(), lr=1e-3)
"""
LOGITS = """for step in range(40):
    x, made = real(32), maker(torch.randn(32, 3))
    on_real, on_made = judge(x), judge(made.detach())
    loss = bce(on_real, torch.full_like(on_real, 0.9)) + bce(on_made, torch.zeros_like(on_made))
    opt_j.zero_grad()
    loss.backward()
    opt_j.step()
    again = judge(made)
    loss = bce(again, torch.ones_like(again))
    opt_m.zero_grad()
    loss.backward()
    opt_m.step()
"""
HINGE = """for step in range(30):
    for turn in range(2):
        both = judge(torch.cat([real(32), maker(torch.randn(32, 3)).detach()]))
        loss = relu(1 - both[:32]).mean() + relu(1 + both[32:]).mean()
        opt_j.zero_grad()
        loss.backward()
        opt_j.step()
    loss = -judge(maker(torch.randn(32, 3))).mean()
    opt_m.zero_grad()
    loss.backward()
    opt_m.step()
"""
CRITIC = """for step in range(30):
    with torch.no_grad():
        made = maker(torch.randn(32, 3))
    x = real(32)
    share = torch.rand(32, 1)
    between = (share * x + (1 - share) * made).requires_grad_()
    slope, = torch.autograd.grad(judge(between).sum(), between, create_graph=True)
    loss = judge(made).mean() - judge(x).mean() + (slope.norm(dim=1) - 1).square().mean()
    opt_j.zero_grad()
    loss.backward()
    opt_j.step()
    loss = -judge(maker(torch.randn(32, 3))).mean()
    opt_m.zero_grad()
    loss.backward()
    opt_m.step()
"""
SQUARES = """label = torch.empty(32, 1)
for step in range(40):
    judge.zero_grad()
    label.fill_(1.0)
    mse_loss(judge(real(32)), label).backward()
    made = maker(torch.randn(32, 3))
    label.fill_(-1.0)
    mse_loss(judge(made.detach()), label).backward()
    opt_j.step()
    maker.zero_grad()
    label.fill_(0.0)
    mse_loss(judge(made), label).backward()
    opt_m.step()
"""
GIVEN = """one = torch.tensor(1.0)
for step in range(30):
    judge.zero_grad()
    judge(real(32)).mean().backward(-one)
    judge(maker(torch.randn(32, 3)).detach()).mean().backward(one)
    opt_j.step()
    maker.zero_grad()
    judge(maker(torch.randn(32, 3))).mean().backward(-one)
    opt_m.step()
"""
INFORMED = """opt_b = torch.optim.Adam([*maker.parameters(), *judge[0].parameters()], lr=1e-3)
"""
INFORMED += f"""{LOGITS}    code = torch.randn(32, 3)
    loss = mse_loss(judge[0](maker(code))[:, :3], code)
    opt_b.zero_grad()
    loss.backward()
    opt_b.step()
"""
SCALED = (BEFORE + HINGE).replace("maker = net(3, 2)", "maker = nn.Sequential(net(3, 2), nn.Sigmoid())")
SCALED = SCALED.replace("maker(torch.randn(32, 3))", "(4 * maker(torch.randn(32, 3)) - 2)")
ACTOR = """actor, critic = net(2, 1), net(3, 1)
opt_a, opt_c = (torch.optim.Adam(n.parameters(), lr=1e-3) for n in (actor, critic))
for step in range(40):
    state, action, after = real(32), torch.randn(32, 1), real(32)
    with torch.no_grad():
        value = 2 - action.square() + 0.9 * critic(torch.cat([after, actor(after)], 1))
    loss = mse_loss(critic(torch.cat([state, action], 1)), value)
    opt_c.zero_grad()
    loss.backward()
    opt_c.step()
    loss = -critic(torch.cat([state, actor(state)], 1)).mean()
    opt_a.zero_grad()
    loss.backward()
    opt_a.step()
"""
FAULTS = {
    "the maker's labels": (LOGITS, "torch.ones_like(again)", "torch.zeros_like(again)", "loss-unsuitable"),
    "the maker's sign": (HINGE, "-judge(maker(", "judge(maker(", "loss-unsuitable"),
    "the critic's sign": (CRITIC, "judge(made).mean() - judge(x).mean()", "judge(x).mean() - judge(made).mean()",
                          "loss-unsuitable"),
    "one label for both": (SQUARES, "label.fill_(-1.0)", "label.fill_(1.0)", "loss-unsuitable"),
    "real examples alone": (LOGITS, " + bce(on_made, torch.zeros_like(on_made))", "", "loss-unsuitable"),
    "an optimizer of both": (LOGITS, "Adam(maker.parameters()", "Adam([*maker.parameters(), *judge.parameters()]",
                             "optimizer-unsuitable"),
    "a sigmoid too many": (HINGE, "maker = net(3, 2)", "maker = nn.Sequential(net(3, 2), nn.Sigmoid())",
                           "output-activation-unsuitable"),
    "a still player": (LOGITS.replace("range(40)", "range(120)"), "maker.parameters(), lr=1e-3", "maker.parameters(), lr=1e-7",
                       "lr-too-low"),
    "a wild player": (LOGITS, "judge.parameters(), lr=1e-3", "judge.parameters(), lr=0.5", "lr-too-high"),
    "gradients of the other's turn": (
        LOGITS.replace("backward()\n    opt_j", "backward(retain_graph=True)\n    opt_j"),
        "judge(made.detach())", "judge(made)", ""),
    "gradients that stay": (
        LOGITS.replace("made.detach()", "made").replace("backward()\n    opt_j", "backward(retain_graph=True)\n    opt_j"),
        "    opt_m.zero_grad()\n", "", "zero-grad-missing"),
}  # fmt: skip


def twin(name: str) -> tuple[str, str]:
    body, good, bad, _ = FAULTS[name]
    text = BEFORE + body
    assert text.count(good) == 1, name
    return text, text.replace(good, bad)


@pytest.mark.parametrize("name", FAULTS)
def test_what_spoils_the_contest_is_named_at_its_line(name, tmp_path):
    fault, bad = FAULTS[name][3], FAULTS[name][2]
    faulty = twin(name)[1]
    found = said(faulty, tmp_path, ["adversaries", "zero_grad_missing"])
    assert [f.fault for f in found] == ([fault] if fault else [])
    for f in found if bad else []:
        assert f.line is not None
        assert bad.split("(")[0] in faulty.splitlines()[f.line - 1]


@pytest.mark.parametrize("body", [LOGITS, HINGE, CRITIC, SQUARES, GIVEN, INFORMED, SCALED, ACTOR])
def test_contests_and_turns_of_other_kinds_are_left_in_peace(body, tmp_path):
    assert said(body if body is SCALED else BEFORE + body, tmp_path, ["adversaries", "zero_grad_missing"]) == []
