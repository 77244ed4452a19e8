"""Laws of facts read from answers, losses and sources: each clue speaks on the faulty twin, at its line, and only there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from test_pairs_data import said

from wellfit.nouns.counting import miscounts
from wellfit.nouns.source import Source

START = """
import torch
import torch.nn.functional as F
from torch import nn
torch.manual_seed(0)
x = torch.randn(400, 4)
"""
TRAIN = """
optimizer = torch.optim.Adam(net.parameters(), lr=0.02, betas=(0.9, 0.999))
for epoch in range(12):
    for rows in torch.randperm(300).split(20):
        optimizer.zero_grad()
        loss = cost(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
"""
VALUES = (
    START
    + """
y = torch.stack([x[:, 0] + 2, x[:, 1] * x[:, 2] + 3, x[:, 3] + 4], 1)
net = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
cost = lambda said, true: F.mse_loss(said, true)
"""
    + TRAIN
    + """
with torch.no_grad():
    rest = ((net(x[300:]) - y[300:]) ** 2).sum()
print(f"rmse {(rest / 300).sqrt().item():.4f}")
"""
)
SHARE = VALUES.replace("rest = ", "said, true = net(x[300:]), y[300:]\n    rest = ").replace(
    'print(f"rmse {(rest / 300).sqrt().item():.4f}")',
    'r2 = 1 - rest / ((true - true.mean()) ** 2).sum()\nprint(f"R2: {r2:.4f}")',
)
GATED = (
    START
    + """
y = x[:, :1] * (x[:, 1:2] > 0)
class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.score, self.read = nn.Linear(4, 8), nn.Linear(8, 1)
        self.value = nn.Linear(4, 8)
    def forward(self, a):
        gate = torch.sigmoid(self.score(a))
        return self.read(gate * self.value(a))
net, cost = Gated(), F.mse_loss
"""
    + TRAIN
)
CLASSES = (
    START
    + """
y = x.argmax(1)
there = y[300:]
net, cost = nn.Sequential(nn.Linear(4, 24), nn.ReLU(), nn.Linear(24, 4)), F.cross_entropy
"""
    + TRAIN
    + """
with torch.no_grad():
    print((net(x[300:]).argmax(1) == there).float().mean())
"""
)
SPOKEN = (
    START
    + """
frames = x.repeat(1, 6).reshape(400, 6, 4)
y = torch.randint(0, 3, (400, 2))
net = nn.Linear(4, 4)
ctc = nn.CTCLoss(blank=3, zero_infinity=True)
def cost(said, words):
    n = len(words)
    return ctc(said.transpose(0, 1).log_softmax(-1), words, torch.full((n,), 6), torch.full((n,), 2))
"""
    + TRAIN.replace("net(x[rows])", "net(frames[rows])")
)
NORMED = (
    START.replace("torch.randn(400, 4)", "torch.randn(400, 1, 8) * (1 + torch.arange(400) % 3)[:, None, None]")
    + """
y = torch.arange(400) % 3
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.read = nn.Conv1d(1, 8, 3), nn.Linear(8, 3)
        self.norm = nn.BatchNorm1d(8)
        for word, value in (("mean", 0.0), ("var", 1.0)):
            self.register_buffer(word, torch.full((8,), value))
    def forward(self, a):
        a = self.norm(self.conv(a))
        a = F.batch_norm(a, self.mean, self.var, training=self.training)
        return self.read(a.abs().amax(2))
net, cost = Net(), F.cross_entropy
"""
    + TRAIN
    + """
net.eval()
with torch.no_grad():
    print((net(x[300:]).argmax(1) == y[300:]).float().mean())
"""
)
LOADED = (
    START
    + """
from torch.utils.data import DataLoader, TensorDataset, random_split
pairs = TensorDataset(x, x[:, :1] * 2)
train_set, val_set = random_split(pairs, [300, 100])
train_loader = DataLoader(train_set, batch_size=20, shuffle=True)
val_loader = DataLoader(val_set, batch_size=50)
net = nn.Linear(4, 1)
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(3):
    for a, b in train_loader:
        optimizer.zero_grad()
        F.mse_loss(net(a), b).backward()
        optimizer.step()
    with torch.no_grad():
        print(sum(F.mse_loss(net(a), b).item() for a, b in val_loader))
"""
)
LOUD = (
    START.replace("torch.randn(400, 4)", "torch.rand(400, 4) + torch.rand(400, 1) * 2")
    + """
y = (x.mean(1, keepdim=True) * 2).sin()
net, cost = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1)), F.mse_loss
def augment(a):
    return a + 0.01 * torch.randn(len(a), 1)
"""
    + TRAIN.replace("net(x[rows])", "net(augment(x[rows]))")
    + """
with torch.no_grad():
    print(F.mse_loss(net(x[300:]), y[300:]))
"""
)
FACTS = {  # name -> fault, healthy program, what is replaced, by what, mark of the line
    "a loss that does not see size": (
        "loss-unsuitable", VALUES, "F.mse_loss(said, true)", "(1 - F.cosine_similarity(said, true, dim=1)).mean()", "cosine"),
    "a loss that does not see place": (
        "loss-unsuitable", VALUES, "F.mse_loss(said, true)", "(said - true).var()", "(said - true)"),
    "a root left out": ("metric-wrong", VALUES, "(rest / 300).sqrt()", "(rest / 300)", ""),
    "a share of the answers' spread": ("metric-wrong", SHARE, "((true - true.mean())", "((said - said.mean())", "r2 ="),
    "a gate of choices": (
        "graph-detached", GATED, "torch.sigmoid(self.score(a))", "(torch.sigmoid(self.score(a)) > 0.5).float()", "> 0.5"),
    "classes numbered anew": ("labels-encoding", CLASSES, "y[300:]\n", "(y[300:] + 1) % 4\n", "== there"),
    "blank among the labels": ("labels-encoding", SPOKEN, "blank=3", "blank=0", ""),
    "a norm of each example": (
        "normalization-layer-misused", NORMED, "BatchNorm1d(8)", "InstanceNorm1d(8, affine=True)", "InstanceNorm1d"),
    "a norm that heeds no mode": ("mode-wrong", NORMED, "training=self.training", "training=True", "F.batch_norm"),
    "a loader of everything": ("data-leak", LOADED, "DataLoader(train_set", "DataLoader(pairs", "DataLoader(pairs"),
    "chance takes the answer away": (
        "augmentation-unsuitable", LOUD, "a + 0.01 * torch.randn(", "a + 3 * torch.randn(", "torch.randn"),
    "betas in each other's place": ("optimizer-unsuitable", CLASSES, "(0.9, 0.999)", "(0.999, 0.9)", "betas"),
}  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_fact_is_named_at_its_line_and_its_twin_left_in_peace(name, tmp_path):
    fault, healthy, good, bad, mark = FACTS[name]
    assert healthy.count(good) == 1
    faulty, clue = healthy.replace(good, bad), [fault.replace("-", "_")]
    found = said(faulty, tmp_path, clue)
    assert [f.fault for f in found] == [fault]
    assert not mark or mark in faulty.splitlines()[(found[0].line or 0) - 1]
    assert said(healthy, tmp_path, clue) == []


LISTED = (
    "kept = []\nfor a, b in batches:\n    kept.append(net(a){})\nprint(roc_auc_score(truth, np.concatenate(kept)))\n"
)
UNIT = "said = pred * std[{}] + mean[{}]\ntruth = y_test * std[1] + mean[1]\nprint(abs(said - truth).mean())\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (LISTED.format(".argmax(1).numpy()"), 3), (LISTED.format(".softmax(1)[:, 1].numpy()"), None),
        ("roc_auc_score(y_test, (p > 0.5).astype(int))", 1), ("roc_auc_score(y[y >= 0], p[y >= 0])", None),
        (UNIT.format(0, 0), 1), (UNIT.format(1, 1), None),
    ],
)  # fmt: skip
def test_measures_are_read_in_the_source(text, line, tmp_path):
    (tmp_path / "train.py").write_text(text)
    source = Source.read(tmp_path / "train.py")
    assert source is not None
    assert [at for at, _, _ in miscounts(source)][:1] == ([line] if line else [])
