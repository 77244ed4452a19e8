"""Tiny training programs around the network and its evaluation: a healthy one, and faults put in place of its lines."""

from __future__ import annotations

from typing import NamedTuple

START = """
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x = torch.randn(320, 6)
"""
CLASSES = START + """y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long() + (x[:, 3] > 0.5).long()
loader = DataLoader(TensorDataset(x[:256], y[:256]), batch_size=32, shuffle=True)
test_loader = DataLoader(TensorDataset(x[256:], y[256:]), batch_size=32)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.ModuleList([nn.Linear(6, 16), nn.Linear(16, 16)])
        self.norm = nn.BatchNorm1d(16)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(16, 4)
    def forward(self, x):
        for layer in self.body:
            x = torch.relu(layer(x))
        x = self.norm(x)
        return self.head(self.drop(x))
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(4):
    net.train()
    for a, b in loader:
        optimizer.zero_grad()
        loss = F.cross_entropy(net(a), b)
        loss.backward()
        optimizer.step()
    net.eval()
    correct = 0
    with torch.no_grad():
        for a, b in test_loader:
            out = net(a)
            correct += (out.argmax(1) == b).sum().item()
    print(epoch, correct / len(test_loader.dataset))
"""  # fmt: skip
VALUES = (
    START
    + """y = (x[:, 0] - 2 * x[:, 1] + torch.sin(2 * x[:, 2])).unsqueeze(1)
net = nn.Sequential(
    nn.Linear(6, 16),
    nn.Tanh(),
    nn.Linear(16, 16),
    nn.Tanh(),
    nn.Linear(16, 1),
)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for rows in torch.randperm(256).split(32):
        optimizer.zero_grad()
        loss = F.mse_loss(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    out = net(x[256:])
    print("mse", ((out - y[256:]) ** 2).mean().item())
"""
)
BINARY = (
    START
    + """y = (x[:, 0] + x[:, 1] > 0).float()
net = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for rows in torch.randperm(256).split(32):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(net(x[rows]).squeeze(1), y[rows])
        loss.backward()
        optimizer.step()
net.eval()
with torch.no_grad():
    out = torch.sigmoid(net(x[256:])).squeeze(1)
    said = (out > 0.5).float()
    print("accuracy", (said == y[256:]).float().mean().item())
"""
)


FACTORS = (
    START
    + """left, right = torch.randint(0, 30, (2000,)), torch.randint(0, 30, (2000,))
u, v = torch.randn(30, 2), torch.randn(30, 2)
y = (u[left] * v[right]).sum(1)
class Factors(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.randn(30, 3) * 0.3)
        self.q = nn.Parameter(self.p.detach().clone().flip(0))
        self.bias = nn.Parameter(torch.zeros(30))
    def forward(self, a, b):
        return (self.p[a] * self.q[b]).sum(1) + self.bias[a]
net = Factors()
optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
for epoch in range(4):
    for rows in torch.randperm(2000).split(100):
        optimizer.zero_grad()
        loss = F.mse_loss(net(left[rows], right[rows]), y[rows])
        loss.backward()
        optimizer.step()
"""
)
CLEARS = "        optimizer.zero_grad()\n"
LEARNS = "        loss = ((net(x) - y) ** 2).mean()\n        loss.backward()\n"
CLOSURE = (
    START
    + """y = torch.sin(x[:, :1])
net = nn.Sequential(nn.Linear(6, 12), nn.Tanh(), nn.Linear(12, 1))
optimizer = torch.optim.LBFGS(net.parameters(), line_search_fn="strong_wolfe")
def closure():
        optimizer.zero_grad()
        loss = ((net(x) - y) ** 2).mean()
        loss.backward()
        return loss
for step in range(6):
    optimizer.step(closure)
"""
)
TWO = (
    START
    + """y = torch.sin(x[:, :1])
body, head = nn.Sequential(nn.Linear(6, 16), nn.Tanh()), nn.Linear(16, 1)
first = torch.optim.SGD(body.parameters(), lr=0.05)
second = torch.optim.SGD(head.parameters(), lr=0.05)
for epoch in range(3):
    for rows in torch.randperm(256).split(32):
        first.zero_grad()
        second.zero_grad()
        loss = F.mse_loss(head(body(x[rows])), y[rows])
        loss.backward()
        first.step()
        second.step()
"""
)


class Pair(NamedTuple):
    """A healthy program; what of it is replaced by what; the label; text of the faulty line, "" where no line is it."""

    healthy: str
    old: str
    new: str
    fault: str
    at: str

    @property
    def faulty(self) -> str:
        if self.old not in self.healthy:
            raise ValueError(f"{self.old!r} is not in the program")
        return self.healthy.replace(self.old, self.new, 1)

    def line(self) -> int | None:
        return 1 + next(i for i, text in enumerate(self.faulty.splitlines()) if self.at in text) if self.at else None


INIT = "net = Net()\nfor p in net.body:\n    {}\n"
PAIRS = {
    "constant-weights": Pair(CLASSES, "net = Net()\n", INIT.format("nn.init.constant_(p.weight, 0.1)"), "init-unsuitable",
                             "constant_("),
    "large-weights": Pair(CLASSES.replace("x = self.norm(x)\n", "x = x * 1\n"), "net = Net()\n",
                          INIT.format("p.weight.data.normal_(0, 3)"), "init-unsuitable", ".normal_("),
    "shut-units": Pair(CLASSES, "net = Net()\n", INIT.format("nn.init.constant_(p.bias, -50.0)"), "init-unsuitable",
                       "constant_("),
    "linear-stack": Pair(CLASSES.replace("x = self.norm(x)\n", "x = x * 1\n").replace("x * 1", "x"),
                         "x = torch.relu(layer(x))", "x = layer(x)", "activation-unsuitable", "nn.Linear(6, 16)"),
    "linear-sequence": Pair(VALUES, "    nn.Tanh(),\n    nn.Linear(16, 16),\n    nn.Tanh(),\n", "    nn.Linear(16, 16),\n",
                            "activation-unsuitable", "nn.Linear(6, 16)"),
    "unused-activation": Pair(CLASSES.replace("x = self.norm(x)\n", "x = x\n"), "x = torch.relu(layer(x))",
                              "x = layer(x)\n            torch.relu(x)", "activation-unsuitable", "            torch.relu(x)"),
    "unread-module": Pair(
        CLASSES.replace("x = self.norm(x)\n", "x = x\n").replace("self.drop =", "self.act = nn.ELU()\n        self.drop ="),
        "x = torch.relu(layer(x))", "x = layer(x)\n            self.act(x)", "activation-unsuitable", "            self.act(x)"),
    "factors-at-zero": Pair(FACTORS, "torch.randn(30, 3) * 0.3", "torch.zeros(30, 3)", "init-unsuitable", "self.p ="),
    "closure-clears-last": Pair(CLOSURE, CLEARS + LEARNS, LEARNS + CLEARS, "gradients-cleared", "optimizer.zero_grad()"),
    "one-of-two-never-cleared": Pair(TWO, "        second.zero_grad()\n", "        first.zero_grad() \n", "zero-grad-missing",
                                     "first.zero_grad() "),
    "dropout": Pair(CLASSES, "nn.Dropout(0.1)", "nn.Dropout(p=0.9)", "regularization-too-strong", "p=0.9"),
    "dropout-function": Pair(CLASSES, "self.drop(x)", "F.dropout(x, 0.9, self.training)", "regularization-too-strong", "0.9"),
    "weight-decay": Pair(CLASSES, "lr=0.01)", "lr=0.01, weight_decay=0.5)", "regularization-too-strong", "weight_decay"),
    "penalty": Pair(VALUES, "y[rows])\n", "y[rows])\n        loss = loss + 20.0 * sum(p.abs().sum() for p in net.parameters())\n",
                    "regularization-too-strong", "p.abs()"),
    "batches-of-two": Pair(CLASSES, "batch_size=32, shuffle", "batch_size=2, shuffle", "normalization-layer-misused",
                           "batch_size=2"),
    "momentum": Pair(CLASSES, "BatchNorm1d(16)", "BatchNorm1d(16, momentum=0.99)", "normalization-layer-misused", "0.99"),
    "norm-last": Pair(VALUES, "    nn.Linear(16, 1),\n", "    nn.Linear(16, 1),\n    nn.BatchNorm1d(1),\n",
                      "normalization-layer-misused", "BatchNorm1d(1)"),
    "norm-of-one": Pair(VALUES, "    nn.Linear(16, 1),\n", "    nn.Linear(16, 1),\n    nn.LayerNorm(1),\n",
                        "normalization-layer-misused", "LayerNorm(1)"),
    "never-eval": Pair(CLASSES, "    net.eval()\n", "", "mode-wrong", "out = net(a)"),
    "never-train": Pair(CLASSES.replace("net = Net()\n", "net = Net()\nnet.eval()\n"), "    net.train()\n", "", "mode-wrong",
                        "net.eval()"),
    "eval-stays": Pair(CLASSES.replace("net = Net()\n", "net = Net()\nnet.train()\n").replace("range(4)", "range(8)"),
                       "    net.train()\n    for", "    for", "mode-wrong", "    net.eval()"),
    "dropout-always": Pair(CLASSES, "self.drop(x)", "F.dropout(x, 0.3)", "mode-wrong", "F.dropout"),
    "plain-list": Pair(CLASSES, "nn.ModuleList([nn.Linear(6, 16), nn.Linear(16, 16)])", "[nn.Linear(6, 16), nn.Linear(16, 16)]",
                       "parameters-missing", "self.body = ["),
    "late-head": Pair(CLASSES, "lr=0.01)\n", "lr=0.01)\nnet.head = nn.Linear(16, 4)\n", "parameters-missing",
                      "optimizer ="),
    "body-alone": Pair(CLASSES, "Adam(net.parameters()", "Adam(net.head.parameters()", "parameters-missing", "optimizer ="),
    "other-network": Pair(CLASSES, "Adam(net.parameters()", "Adam(Net().parameters()", "parameters-missing", "optimizer ="),
    "detach": Pair(CLASSES, "x = self.norm(x)", "x = self.norm(x.detach())", "graph-detached", "detach"),
    "no-grad": Pair(CLASSES, "        x = self.norm(x)", "        with torch.no_grad():\n            x = self.norm(x)",
                    "graph-detached", "no_grad"),
    "item": Pair(CLASSES, "        loss.backward()",
                 "        loss = torch.tensor(loss.item(), requires_grad=True)\n        loss.backward()",
                 "graph-detached", "loss.item()"),
    "argmax": Pair(VALUES, "loss = F.mse_loss(net(x[rows]), y[rows])",
                   "loss = F.mse_loss(torch.round(net(x[rows])).detach().requires_grad_(), y[rows])",
                   "graph-detached", "detach()"),
    "frozen": Pair(CLASSES, "net = Net()\n", INIT.format("p.requires_grad_(False)"), "graph-detached", "requires_grad_"),
    "gradients-pile-up": Pair(CLASSES, "        optimizer.zero_grad()\n", "", "zero-grad-missing", ""),
    "cleared-each-epoch": Pair(CLASSES, "    for a, b in loader:\n        optimizer.zero_grad()\n",
                               "    optimizer.zero_grad()\n    for a, b in loader:\n", "zero-grad-missing", ""),
    "cleared-between": Pair(CLASSES, "        optimizer.step()", "        net.zero_grad()\n        optimizer.step()",
                            "gradients-cleared", "net.zero_grad"),
    "cleared-by-hand": Pair(CLASSES, "        optimizer.step()",
                            "        for p in net.parameters():\n            p.grad = None\n        optimizer.step()",
                            "gradients-cleared", "p.grad = None"),
    "cleared-while-adding-up": Pair(CLASSES, "        optimizer.step()",
                                    "        turn = loader.dataset.turn = getattr(loader.dataset, 'turn', 0) + 1\n"
                                    "        if turn % 2 == 0:\n            optimizer.step()", "gradients-cleared",
                                    "optimizer.zero_grad()"),
    "cleared-between-losses": Pair(CLASSES, "        loss.backward()\n",
                                   "        loss.backward()\n        more = F.cross_entropy(net(a + 0.1), b)\n"
                                   "        net.zero_grad()\n        more.backward()\n", "gradients-cleared", "net.zero_grad"),
    "step-outside": Pair(CLASSES, "        optimizer.step()", "    optimizer.step()", "step-missing", "optimizer.step()"),
    "idle-optimizer": Pair(CLASSES, "optimizer = torch.optim.Adam(net.parameters(), lr=0.01)\n",
                           "optimizer = torch.optim.Adam([*net.body.parameters(), *net.norm.parameters()])\n"
                           "other = torch.optim.Adam(net.head.parameters(), lr=0.01)\n", "step-missing", "other ="),
    "overwritten": Pair(CLASSES, "correct += (out", "correct = (out", "metric-wrong", "correct = (out"),
    "by-batches": Pair(CLASSES, "len(test_loader.dataset)", "len(test_loader)", "metric-wrong", "len(test_loader)"),
    "never-reset": Pair(CLASSES.replace("net = Net()\n", "net = Net()\ncorrect = 0\n"), "    correct = 0\n", "", "metric-wrong",
                        "correct = 0"),
    "all-with-all": Pair(BINARY, "net(x[256:])).squeeze(1)", "net(x[256:]))", "metric-wrong", "accuracy"),
    "logits-at-half": Pair(BINARY, "torch.sigmoid(net(x[256:])).squeeze(1)", "net(x[256:]).squeeze(1)", "metric-wrong",
                           "out > 0.5"),
    "one-column": Pair(BINARY, "    said = (out > 0.5).float()", "    said = net(x[256:]).argmax(1)", "metric-wrong", "argmax"),
    "values-all-with-all": Pair(VALUES, "(out - y[256:])", "(out - y[256:, 0])", "metric-wrong", "out - y"),
}  # fmt: skip
CALLED_THRICE = """
import torch
from torch import nn
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
for step in range(60):
    inside, left, right = 0.05 * torch.rand(64, 2), 0.05 * torch.rand(64, 2), 0.05 * torch.rand(64, 2)
    loss = (net(inside) - inside.sum(1, keepdim=True)).square().mean() + net(left).square().mean()
    loss = loss + (net(right) - 0.1).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""
"""Two tanhs, not six."""

HEALTHY = {
    "bottleneck": VALUES.replace("    nn.Tanh(),\n    nn.Linear(16, 16),\n    nn.Tanh(),\n", "").replace(
        "nn.Linear(6, 16)", "nn.Linear(6, 2)").replace("nn.Linear(16, 1)", "nn.Linear(2, 6)").replace("y[", "x["),
    "head-from-zero": CLASSES.replace("net = Net()\n", "net = Net()\nnn.init.zeros_(net.head.weight)\n"),
    "He": CLASSES.replace("net = Net()\n", INIT.format("nn.init.kaiming_normal_(p.weight)")),
    "sampled-dropout": CLASSES.replace("    net.eval()\n", "    net.eval()\n    net.drop.train()\n").replace(
        "out = net(a)", "out = sum(net(a).softmax(1) for _ in range(5))"),
    "two-steps-a-batch": CLASSES.replace("        optimizer.zero_grad()\n        loss",
                                         "        loss").replace("step()\n", "step()\n        optimizer.zero_grad()\n"),
    "one-network-called-thrice": CALLED_THRICE,
    "weights-moved-by-hand-beside-an-idle-optimizer": CLASSES.replace(
        "        optimizer.step()\n", "        with torch.no_grad():\n            for p in net.parameters():\n"
        "                p -= 0.1 * p.grad\n"),
    "classes": CLASSES, "values": VALUES, "binary": BINARY,
}  # fmt: skip
