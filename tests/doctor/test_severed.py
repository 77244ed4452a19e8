"""Laws of a target that is cut off: layers that penalties alone train are named, what is cut on purpose is left alone."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

PROGRAM = """
import torch
import torch.nn.functional as F
from torch import nn
torch.manual_seed(0)
x, y = torch.rand(160, 12), torch.randint(0, 3, (160,))
enc, dec = nn.Sequential(nn.Linear(12, 16), nn.ReLU(), nn.Linear(16, 8)), nn.Linear(8, 12)
book, head, small = nn.Embedding(6, 4), nn.Linear(8, 3), nn.Linear(4, 12)
parts = nn.ModuleList([enc, dec, book, head, small])
opt = torch.optim.Adam(parts.parameters(), lr=1e-3)
def quantise(z):
    flat = z.view(-1, 4)
    index = torch.cdist(flat, book.weight).argmin(1) #q
    return book(index).view_as(z)
for step in range(12):
    rows = torch.randperm(160)[:32]
    b, t = x[rows], y[rows]
{body}
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
CODES = """
    z = enc(b)
    q = quantise(z)
    commit = 0.25 * F.mse_loss(q.detach(), z) + F.mse_loss(q, z.detach())
    loss = F.mse_loss(dec({passed}), b) + commit #!
"""
PRIOR = """
    mu, logvar = enc(b).chunk(2, -1)
    z = {z} #!
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
    loss = F.binary_cross_entropy_with_logits(small(z), b) + 0.1 * kl
"""
NORMAL = "torch.distributions.Normal(mu, (0.5 * logvar).exp())"
CUT = {
    "codes handed on without their way back": CODES.format(passed="q.detach()"),
    "a way back to the codes alone": CODES.format(passed="q + (z - q).detach()"),
    "a draw without its way back": PRIOR.format(z=NORMAL + ".sample()"),
    "a latent cut off": PRIOR.format(z="(mu + torch.randn_like(mu) * (0.5 * logvar).exp()).detach()"),
}
WHOLE = {
    "straight through": CODES.format(passed="z + (q - z).detach()"),
    "a draw with its way back": PRIOR.format(z=NORMAL + ".rsample()"),
    "a probe beside a reconstruction": """
    z = enc(b)
    loss = F.cross_entropy(head(z.detach()), t) + F.mse_loss(dec(z), b)""",
    "a probe beside two views": """
    u, v = enc(b + 0.1 * torch.randn_like(b)), enc(b + 0.1 * torch.randn_like(b))
    loss = F.mse_loss(u, v) + F.relu(1 - u.std(0)).mean() + F.cross_entropy(head(u.detach()), t)""",
    "a probe beside a contrast": """
    h = enc(b)
    near = F.normalize(h) @ F.normalize(h).T / 0.2
    loss = F.cross_entropy(near, torch.arange(32)) + F.mse_loss(dec(h.detach()), b)""",
    "an actor and its critic": """
    h = enc(b)
    policy = torch.distributions.Categorical(logits=head(h))
    action = policy.sample()
    reward, value = (action == t).float(), dec(h)[:, 0]
    gain = reward - value.detach()
    loss = F.mse_loss(value, reward) - (policy.log_prob(action) * gain).mean() - 0.01 * policy.entropy().mean()""",
}


@pytest.mark.parametrize("way", CUT)
def test_layers_that_the_target_does_not_reach_are_named(way, tmp_path):
    found = said(PROGRAM.format(body=CUT[way]), tmp_path, ["graph_detached"])
    assert [(f.fault, f.severity) for f in found] == [("graph-detached", "error")]
    text = (tmp_path / "train.py").read_text().splitlines()
    assert "#!" in text[found[0].line - 1]


@pytest.mark.parametrize("way", WHOLE)
def test_what_is_cut_on_purpose_is_left_alone(way, tmp_path):
    assert said(PROGRAM.format(body=WHOLE[way]), tmp_path, ["graph_detached"]) == []
