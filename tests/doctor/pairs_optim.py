"""Training programs whose fault lies in the optimisation, each with the line that mends it."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """fixed: a healthy program; right, wrong: what stands in its place in the faulty one (both on one line);
    faults: the labels that name it rightly."""

    fixed: str
    right: str
    wrong: str
    faults: tuple[str, ...]

    @property
    def faulty(self) -> str:
        return self.fixed.replace(self.right, self.wrong)

    @property
    def line(self) -> int | None:
        """Of the faulty text, where it differs; None where a line is missing."""
        if not self.wrong:
            return None
        rows = zip(self.faulty.splitlines(), self.fixed.splitlines())
        return next(i for i, (a, b) in enumerate(rows, 1) if a != b)


CLASSES = """
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

CONFIG = {"lr": 0.01, "epochs": 12, "batch": 32}
torch.manual_seed(3)
points = torch.randn(640, 8)
kinds = (points[:, :4].sum(1) > 0).long() + 2 * (points[:, 4] * points[:, 5] > 0).long()
loader = DataLoader(TensorDataset(points[:512], kinds[:512]), batch_size=CONFIG["batch"], shuffle=True)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(8, 64)
        self.out = nn.Linear(64, 4)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x)))


class Trainer:
    def __init__(self, model, lr):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.loss = nn.CrossEntropyLoss()

    def epoch(self):
        self.model.train()
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = self.loss(self.model(x), y)
            loss.backward()
            self.optimizer.step()


trainer = Trainer(Net(), lr=CONFIG["lr"])
for epoch in range(CONFIG["epochs"]):
    trainer.epoch()
trainer.model.eval()
with torch.no_grad():
    right = trainer.model(points[512:]).argmax(1) == kinds[512:]
print("accuracy", right.float().mean().item())
"""

VALUES = """
import torch
from torch import nn, optim

LR = 0.05
BATCH = 25
torch.manual_seed(1)
x = torch.randn(1000, 5)
y = torch.sin(x[:, :1]) + 0.5 * x[:, 1:2] * x[:, 2:3] + 0.05 * torch.randn(1000, 1)
model = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 1))
optimizer = optim.SGD(model.parameters(), lr=LR, momentum=0.9)
schedule = optim.lr_scheduler.StepLR(optimizer, step_size=8, gamma=0.5)
for epoch in range(20):
    order = torch.randperm(800)
    for start in range(0, 800, BATCH):
        rows = order[start : start + BATCH]
        error = model(x[rows]) - y[rows]
        loss = (error ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    schedule.step()
with torch.no_grad():
    print("mse", ((model(x[800:]) - y[800:]) ** 2).mean().item())
"""

SEQUENCE = """
import torch
import torch.nn as nn

torch.manual_seed(0)
series = torch.randn(640, 24, 2)
total = (series[:, :, 0] * (series[:, :, 1] > 0)).sum(1, keepdim=True) / 12 ** 0.5


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(2, 32, nonlinearity="relu", batch_first=True)
        self.head = nn.Linear(32, 1)
        nn.init.eye_(self.rnn.weight_hh_l0)

    def forward(self, x):
        return self.head(self.rnn(x)[0][:, -1])


model = Reader()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for epoch in range(12):
    for rows in torch.randperm(512).split(32):
        loss = nn.functional.mse_loss(model(series[rows]), total[rows])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
print("mse", nn.functional.mse_loss(model(series[512:]), total[512:]).item())
"""

SMALL = """
import torch
from torch import nn

torch.manual_seed(2)
x = torch.randn(300, 6)
y = x[:, :1] - x[:, 1:2] + 0.8 * torch.randn(300, 1)
train_x, train_y, test_x, test_y = x[:60], y[:60], x[60:], y[60:]
net = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.005)
mse = nn.MSELoss()
max_epochs = 12
for epoch in range(max_epochs):
    net.train()
    for rows in torch.randperm(60).split(10):
        opt.zero_grad()
        loss = mse(net(train_x[rows]), train_y[rows])
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        print(epoch, mse(net(test_x), test_y).item())
"""

STEP = "        optimizer.step()\n    schedule.step()\n"
CLIP = "        nn.utils.clip_grad_norm_(model.parameters(), 0.5)\n"
ADAM = "torch.optim.Adam(model.parameters(), lr=lr)"
SGD = "optim.SGD(model.parameters(), lr=LR, momentum=0.9)"
PAIRS = {
    "rate in a dictionary, far too low": Pair(CLASSES, '"lr": 0.01', '"lr": 2e-6', ("lr-too-low",)),
    "one pass where twelve are wanted": Pair(CLASSES, '"epochs": 12', '"epochs": 1', ("epochs-too-few",)),
    "the whole set in a batch": Pair(CLASSES, '"batch": 32', '"batch": 512',
                                     ("batch-size-too-large", "epochs-too-few")),
    "Adadelta at Adam's rate": Pair(
        CLASSES, ADAM, "torch.optim.Adadelta(model.parameters(), lr=1e-3)", ("optimizer-unsuitable", "lr-too-low")),
    "plain descent at a constant too high": Pair(VALUES, "LR = 0.05", "LR = 1.5", ("lr-too-high",)),
    "rate halved every eight batches": Pair(VALUES, STEP, STEP.replace("    schedule", "        schedule"),
                                            ("lr-schedule-unsuitable",)),
    "rate to a thousandth after each pass": Pair(VALUES, "step_size=8, gamma=0.5", "step_size=1, gamma=0.001",
                                                 ("lr-schedule-unsuitable",)),
    "errors summed": Pair(VALUES, "(error ** 2).mean()", "(error ** 2).sum()", ("loss-scale", "lr-too-high")),
    "loss made tiny": Pair(VALUES, "(error ** 2).mean()", "1e-5 * (error ** 2).mean()", ("loss-scale",)),
    "momentum of almost one": Pair(VALUES, "momentum=0.9", "momentum=0.9995", ("optimizer-unsuitable",)),
    "recurrent network without clipping": Pair(SEQUENCE, CLIP, "", ("gradient-clipping-missing", "lr-too-high")),
    "Rprop on minibatches": Pair(VALUES, SGD, "optim.Rprop(model.parameters(), lr=LR)", ("optimizer-unsuitable",)),
    "log-probability minimised": Pair(
        CLASSES, "nn.CrossEntropyLoss()", "lambda out, y: torch.log_softmax(out, 1)[torch.arange(len(y)), y].mean()",
        ("loss-unsuitable",)),
    "likelihood without its minus": Pair(
        VALUES, "(error ** 2).mean()", "torch.distributions.Normal(0.0, 3.0).log_prob(error).mean()", ("loss-unsuitable",)),
    "optimizer made in each step": Pair(
        CLASSES, "            self.optimizer.zero_grad()\n",
        "            self.optimizer = torch.optim.Adadelta(self.model.parameters(), lr=0.1)\n"
        "            self.optimizer.zero_grad()\n",
        ("optimizer-unsuitable",)),
    "agreement minimised": Pair(VALUES, "(error ** 2).mean()", "(1 / (1 + error ** 2)).mean()", ("loss-unsuitable",)),
    "layer made after the optimizer": Pair(
        VALUES, "for epoch in range(20):", "model[2] = nn.Linear(48, 1)\nfor epoch in range(20):",
        ("parameters-missing",)),
    "far past its best": Pair(SMALL, "max_epochs = 12", "max_epochs = 250",
                              ("epochs-too-many", "regularization-missing")),
}  # fmt: skip
"""What is wrong -> the pair."""
