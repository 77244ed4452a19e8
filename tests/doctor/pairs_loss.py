"""Tiny training programs around loss and output: a healthy one, one line of it, and faults put in that line's place."""

from __future__ import annotations

from typing import NamedTuple

START = """
import torch
import torch.nn as nn
import torch.nn.functional as F
torch.manual_seed(0)
"""
LOOP = """
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for epoch in range(3):
    for rows in torch.randperm(len(x)).split(32):
        optimizer.zero_grad()
        out = net(x[rows])
        {loss}
        loss.backward()
        optimizer.step()
"""
CLASSES = START + """
x = torch.randn(320, 6)
y = (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long() + (x[:, 3] > 0.5).long()
{labels}
net = nn.Sequential(
    nn.Linear(6, 16),
    nn.ReLU(),
    nn.Linear(16, 4),
{end})
""" + LOOP  # fmt: skip
BINARY = START + """
x = torch.randn(320, 6)
y = (x[:, 0] + x[:, 1] > 0).float()[:, None]
{labels}
net = nn.Sequential(
    nn.Linear(6, 16),
    nn.ReLU(),
    nn.Linear(16, 1),
{end})
""" + LOOP  # fmt: skip
VALUES = START + """
x = torch.randn(320, 6)
y = x[:, 0] - 2 * x[:, 1] + torch.sin(2 * x[:, 2])
{labels}
net = nn.Sequential(
    nn.Linear(6, 16),
    nn.Tanh(),
    nn.Linear(16, 1),
{end})
""" + LOOP  # fmt: skip
ROUNDED = (
    VALUES
    + """
with torch.no_grad():
    print("accuracy", (net(x).squeeze(1).round() == y).float().mean().item())
"""
)
FUNCTIONS = (
    START
    + """
x = torch.randn(320, 6)
y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
weights = [torch.randn(6, 16), {last}]
weights = [(w * (2 / len(w)) ** 0.5).requires_grad_() for w in weights]
net = lambda a: F.relu(a @ weights[0]) @ weights[1]
optimizer = torch.optim.Adam(weights, lr=0.01)
for epoch in range(3):
    for rows in torch.randperm(len(x)).split(32):
        optimizer.zero_grad()
        out = net(x[rows])
        {loss}
        loss.backward()
        optimizer.step()
with torch.no_grad():
    print(({judge} == y).float().mean())
"""
)
SEQUENCES = START + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {layer}
        self.score = nn.Linear(8, 1)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        h = {call}
        {weigh}
        return self.head(h)

x = torch.randn(320, 5, 8)
y = (x[:, :, 0].sum(1) > 0).long() + (x[:, -1, 1] > 1).long()
{labels}
net = Net()
""" + LOOP  # fmt: skip


class Pair(NamedTuple):
    """fault: its label; text: the program; right: what stands in its places; wrong: what the fault puts there; at: the
    line of the faulty program that holds the fault (found by this text)."""

    fault: str
    text: str
    right: dict[str, str]
    wrong: dict[str, str]
    at: str

    def program(self, faulty: bool) -> str:
        filled = {"labels": "", "end": "", "layer": "", "call": "x", "weigh": "", "loss": ""}
        return self.text.format(**(filled | self.right | (self.wrong if faulty else {})))

    def line(self) -> int:
        return next(i for i, text in enumerate(self.program(True).splitlines(), 1) if self.at in text)


def _loss(text: str) -> dict[str, str]:
    return {"loss": f"loss = {text}"}


CROSS, SQUARE = _loss("F.cross_entropy(out, y[rows])"), _loss("F.mse_loss(out.squeeze(1), y[rows])")
LOGITS = _loss("F.binary_cross_entropy_with_logits(out, y[rows])")
NLL, BCE = _loss("F.nll_loss(F.log_softmax(out, 1), y[rows])"), _loss("F.binary_cross_entropy(out, y[rows])")
ONE_HOT, SIGMOID = {"labels": "y = F.one_hot(y, 4).float()"}, {"end": "    nn.Sigmoid(),\n"}
OUTPUT, ENCODING, UNFIT = "output-activation-unsuitable", "labels-encoding", "loss-unsuitable"
AXIS, BROADCAST, SCALE = "dimension-wrong", "shape-broadcast", "targets-unscaled"
MULTI = {"labels": "y = (x[:, :4] > 0).float()"}
LSTM = {"layer": "self.body = nn.LSTM(8, 8, batch_first=True)", "call": "self.body(x)[0][:, -1]", **CROSS}
WEIGHED = {"layer": "self.key = nn.Linear(8, 8)", **CROSS}

PAIRS: dict[str, Pair] = {
    "softmax before cross-entropy": Pair(OUTPUT, CLASSES, CROSS, {"end": "    nn.Softmax(dim=-1),\n"}, "nn.Softmax"),
    "sigmoid before cross-entropy": Pair(OUTPUT, CLASSES, CROSS, SIGMOID, "nn.Sigmoid"),
    "softmax in the call": Pair(
        OUTPUT, CLASSES, CROSS, _loss("F.cross_entropy(out.softmax(1), y[rows])"), "out.softmax"),
    "nll of probabilities": Pair(OUTPUT, CLASSES, NLL, _loss("F.nll_loss(F.softmax(out, 1), y[rows])"), "F.softmax"),
    "nll of logits": Pair(OUTPUT, CLASSES, NLL, _loss("nn.NLLLoss()(out, y[rows])"), "nn.Linear(16, 4)"),
    "softmax twice": Pair(OUTPUT, CLASSES, NLL, {"end": "    nn.Softmax(1),\n"}, "nn.Softmax"),
    "divergence of probabilities": Pair(
        OUTPUT, CLASSES, ONE_HOT | _loss("F.kl_div(F.log_softmax(out, 1), y[rows], reduction='batchmean')"),
        _loss("F.kl_div(F.softmax(out, 1), y[rows], reduction='batchmean')"), "F.softmax"),
    "logarithm of logits": Pair(
        OUTPUT, CLASSES, ONE_HOT | _loss("-(y[rows] * torch.log(out.softmax(1).clamp(1e-6, 1))).sum(1).mean()"),
        _loss("-(y[rows] * torch.log(out.clamp(1e-6, 1))).sum(1).mean()"), "nn.Linear(16, 4)"),
    "softmax of several labels": Pair(
        OUTPUT, CLASSES, MULTI | SIGMOID | BCE, {"end": "    nn.Softmax(1),\n"}, "nn.Softmax"),
    "softmax over examples": Pair(
        AXIS, CLASSES, NLL, _loss("F.nll_loss(F.log_softmax(out, 0), y[rows])"), "F.log_softmax"),
    "softmax over examples by hand": Pair(
        AXIS, CLASSES, ONE_HOT | _loss("-torch.einsum('bc,bc->b', y[rows], out.log_softmax(-1)).mean()"),
        _loss("-torch.einsum('bc,bc->b', y[rows], out.log_softmax(-2)).mean()"), "log_softmax"),
    "cross-entropy of several labels": Pair(UNFIT, CLASSES, MULTI | LOGITS, CROSS, "F.cross_entropy"),
    "class beyond the outputs": Pair(ENCODING, CLASSES, CROSS, {"labels": "y = y + 1"}, "y = y + 1"),
    "labels divided": Pair(ENCODING, CLASSES, CROSS, {"labels": "y = (y / 4).long()"}, "y = (y / 4)"),
    "sigmoid before logits": Pair(OUTPUT, BINARY, LOGITS, SIGMOID, "nn.Sigmoid"),
    "sigmoid twice": Pair(
        OUTPUT, BINARY, SIGMOID | BCE, _loss("F.binary_cross_entropy(torch.sigmoid(out), y[rows])"), "nn.Sigmoid"),
    "softmax over one": Pair(OUTPUT, BINARY, SIGMOID | BCE, {"end": "    nn.Softmax(1),\n"}, "nn.Softmax"),
    "probabilities asked for": Pair(OUTPUT, BINARY, SIGMOID | BCE, {"end": ""}, "nn.Linear(16, 1)"),
    "signs for probabilities": Pair(ENCODING, BINARY, LOGITS, {"labels": "y = y * 2 - 1"}, "y = y * 2"),
    "labels of pictures": Pair(ENCODING, BINARY, LOGITS, {"labels": "y = y * 255"}, "y = y * 255"),
    "hinge of 0 and 1": Pair(
        ENCODING, BINARY, {"labels": "y = 2 * y - 1"} | _loss("(1 - y[rows] * out).clamp(min=0).mean()"),
        {"labels": "y = y.float()"}, "y = y.float"),
    "cross-entropy of one output": Pair(UNFIT, BINARY, LOGITS, CROSS, "F.cross_entropy"),
    "cross-entropy over the batch": Pair(
        UNFIT, BINARY, LOGITS, _loss("nn.CrossEntropyLoss()(out.squeeze(), y[rows].squeeze())"), "CrossEntropyLoss"),
    "pairs by function": Pair(BROADCAST, VALUES, SQUARE, _loss("F.smooth_l1_loss(out, y[rows])"), "smooth_l1"),
    "pairs by hand": Pair(
        BROADCAST, VALUES, _loss("((out[:, 0] - y[rows]) ** 2).mean()"),
        _loss("((out - y[rows]) ** 2).mean()"), "out - y"),
    "pairs the other way": Pair(
        BROADCAST, VALUES, SQUARE, {"labels": "y = y[:, None]"} | _loss("(y[rows] - out.squeeze(1)).abs().mean()"),
        "out.squeeze"),
    "sigmoid of values": Pair(OUTPUT, VALUES, SQUARE, SIGMOID, "nn.Sigmoid"),
    "relu of values": Pair(OUTPUT, VALUES, SQUARE, _loss("F.l1_loss(F.relu(out).squeeze(1), y[rows])"), "F.relu"),
    "softsign of values": Pair(OUTPUT, VALUES, SQUARE, {"end": "    nn.Softsign(),\n"}, "nn.Softsign"),
    "signed differences": Pair(UNFIT, VALUES, SQUARE, _loss("(out[:, 0] - y[rows]).mean()"), "out[:, 0]"),
    "maximised": Pair(UNFIT, VALUES, SQUARE, _loss("-F.mse_loss(out[:, 0], y[rows])"), "-F.mse"),
    "probabilities of values": Pair(
        UNFIT, VALUES, SQUARE, _loss("F.binary_cross_entropy_with_logits(out[:, 0], y[rows])"), "F.binary"),
    "class numbers as values": Pair(
        UNFIT, ROUNDED, {"labels": "y = y * 20"} | SQUARE,
        {"labels": "y = (y > 0).float() + (y > 2).float()"}, "F.mse_loss"),
    "class numbers as values, by hand": Pair(
        UNFIT, FUNCTIONS, {"last": "torch.randn(16, 3)", "judge": "net(x).argmax(1)"} | CROSS,
        {"last": "torch.randn(16, 1)", "judge": "net(x).squeeze(1).round()"}
        | _loss("((out.squeeze(1) - y[rows].float()) ** 2).mean()"), "** 2).mean()"),
    "divergence the wrong way round": Pair(
        UNFIT, CLASSES, ONE_HOT | _loss("F.kl_div(F.log_softmax(out, 1), y[rows], reduction='batchmean')"),
        _loss("F.kl_div(y[rows], F.log_softmax(out, 1), reduction='batchmean')"), "F.kl_div"),
    "house prices": Pair(SCALE, VALUES, SQUARE, {"labels": "y = 90000 * y + 400000"}, "90000"),
    "batch taken for time": Pair(AXIS, SEQUENCES, LSTM, {"layer": "self.body = nn.LSTM(8, 8)"}, "nn.LSTM"),
    "attention among examples": Pair(
        AXIS, SEQUENCES,
        CROSS | {"layer": "self.body = nn.MultiheadAttention(8, 2, batch_first=True)", "call": "self.body(x, x, x)[0].sum(1)"},
        {"layer": "self.body = nn.MultiheadAttention(8, 2)"}, "nn.Multihead"),
    "attention over queries": Pair(
        AXIS, SEQUENCES, WEIGHED | {"weigh": "h = (torch.softmax(self.key(h) @ h.mT / 3, -1) @ h).mean(1)"},
        {"weigh": "h = (torch.softmax(self.key(h) @ h.mT / 3, 1) @ h).mean(1)"}, "torch.softmax"),
    "attention over queries, by einsum": Pair(
        AXIS, SEQUENCES, WEIGHED | {"weigh": "h = torch.einsum('nqk,nkd->nqd', (self.key(h) @ h.mT / 3).softmax(-1), h).mean(1)"},
        {"weigh": "h = torch.einsum('nqk,nkd->nqd', (self.key(h) @ h.mT / 3).softmax(1), h).mean(1)"}, "torch.einsum"),
    "attention over one": Pair(
        AXIS, SEQUENCES, WEIGHED | {"weigh": "h = (torch.softmax(self.score(h), 1) * h).sum(1)"},
        {"weigh": "h = (torch.softmax(self.score(h), -1) * h).sum(1)"}, "torch.softmax"),
}  # fmt: skip

PAIRS |= {
    "rows taken for time": Pair(
        AXIS, SEQUENCES, CROSS | {"layer": "self.body = nn.GRU(8, 8, batch_first=True)", "call": "self.body(x)[0][:, -1]"},
        {"call": "self.body(x[:, -1])[0]"}, "nn.GRU"),
    "transformer of time first": Pair(
        AXIS, SEQUENCES,
        CROSS | {"layer": "self.body = nn.TransformerEncoderLayer(8, 2, 9, batch_first=True)", "call": "self.body(x).mean(1)"},
        {"layer": "self.body = nn.TransformerEncoderLayer(8, 2, 9)"}, "nn.Transformer"),
    "unit length over examples": Pair(
        AXIS, SEQUENCES, CROSS | {"call": "F.normalize(x.sum(1), dim=1)"}, {"call": "F.normalize(x.sum(1), dim=0)"}, "F.norm"),
    "largest of the examples": Pair(
        AXIS, CLASSES + "with torch.no_grad():\n    p = {judge}\n    print((p.argmax(1) == y).float().mean())\n",
        CROSS | {"judge": "F.softmax(net(x), dim=1)"}, {"judge": "F.softmax(net(x), dim=0)"}, "F.softmax"),
    "fractions for classes": Pair(ENCODING, CLASSES, CROSS, {"labels": "y = y.float()"}, "y = y.float()"),
    "pictures not scaled": Pair(
        SCALE, START + """
x = torch.rand(320, 6)
{labels}
net = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 6), nn.Sigmoid())
""" + LOOP.replace("out = net(x[rows])", "b = x[rows]\n        out = net(b)"),
        _loss("F.mse_loss(out, b)"), {"labels": "x = x * 255"}, "x * 255"),
    "class maps along the width": Pair(
        AXIS, START + """
x = torch.randn(320, 1, 6, 7)
y = (x[:, 0] > 0).long()
net = nn.Conv2d(1, 2, 3, padding=1)
""" + LOOP, NLL, _loss("F.nll_loss(F.log_softmax(out, -1), y[rows])"), "log_softmax"),
    "masks of 255": Pair(
        ENCODING, START + """
x = torch.randn(320, 1, 6, 7)
y = (x > 0).float()
{labels}
net = nn.Conv2d(1, 1, 3, padding=1)
""" + LOOP, LOGITS, {"labels": "y = y * 255"}, "y * 255"),
}  # fmt: skip

HEALTHY = {
    "class maps after relu, averaged": START + """
x, y = torch.randn(320, 1, 8, 8), torch.randint(0, 3, (320,))
net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU())
""" + LOOP.format(loss="loss = F.cross_entropy(out.mean((2, 3)), y[rows])"),
    "contrastive, both ways": START + """
x = torch.randn(320, 6)
net = nn.Linear(6, 4)
""" + LOOP.format(
        loss="s = out @ net(x[rows] + 0.1).T\n        loss = -(s.log_softmax(0) + s.log_softmax(1)).diag().mean()"
    ),
    "log_softmax before cross-entropy": CLASSES.format(labels="", end="    nn.LogSoftmax(1),\n", **CROSS),
    "time first": START + """
x, y = torch.randn(5, 320, 8), torch.randint(0, 3, (320,))
net = nn.ModuleList([nn.LSTM(8, 8), nn.Linear(8, 3)])
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for rows in torch.randperm(320).split(32):
    optimizer.zero_grad()
    F.cross_entropy(net[1](net[0](x[:, rows])[0][-1]), y[rows]).backward()
    optimizer.step()
""",
    "pictures by a sigmoid": START + """
x = torch.rand(320, 6)
net = nn.Sequential(nn.Linear(6, 3), nn.ReLU(), nn.Linear(3, 6), nn.Sigmoid())
""" + LOOP.format(loss="loss = F.binary_cross_entropy(out, x[rows])"),
    "counts by their rate": START + """
x = torch.randn(320, 6)
y = torch.poisson(x[:, 0].exp())
net = nn.Linear(6, 1)
""" + LOOP.format(loss="loss = F.poisson_nll_loss(out.squeeze(1), y[rows])"),
    "soft labels": CLASSES.format(labels="y = torch.rand(320, 4).softmax(1)", end="", **CROSS),
    "the target first, by hand": START + """
x, y = torch.randn(320, 6), torch.randn(320)
net = nn.Linear(6, 1)
""" + LOOP.format(loss="loss = ((y[rows] - out.squeeze(1)) ** 2).mean()"),
    "a target for each pair": START + """
x, y = torch.randn(320, 6), torch.randn(320)
net = nn.Linear(6, 1)
""" + LOOP.format(loss="d = y[rows][:, None] - y[rows][None]; loss = ((out - out.T) - d).pow(2).mean()"),
}  # fmt: skip
"""Programs that look like one of the faults and are none."""
