import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import accuracy_score

SEED = 14
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)
ACTIVITIES = ["walk", "run", "stairs", "cycle", "stand"]
WINDOW, AXES = 60, 6


def record(activity, length=3000):
    """Six-axis recording of one activity, sampled at 30 Hz."""
    f = {"walk": 1.6, "run": 2.6, "stairs": 1.6, "cycle": 1.1, "stand": 0.2}[activity]
    shape = np.random.default_rng(ACTIVITIES.index(activity) + 100)
    amp = shape.uniform(0.3, 1.0, AXES)
    lag = shape.uniform(0, 6.28, AXES)
    t = np.arange(length) / 30.0
    tempo = 2 * np.pi * np.cumsum(f * (1 + 0.15 * np.sin(0.3 * t + rng.uniform(0, 6)))) / 30.0
    sig = amp * np.sin(tempo[:, None] + lag) + 0.4 * amp[::-1] * np.sin(2 * tempo[:, None] + 2 * lag)
    return sig + rng.normal(0, 1.5, sig.shape)


def windows(recording, stride=20):
    starts = range(0, len(recording) - WINDOW + 1, stride)
    return np.stack([recording[s:s + WINDOW] for s in starts]).astype("float32")


def dataset(sessions):
    xs, ys = [], []
    for label, activity in enumerate(ACTIVITIES):
        for _ in range(sessions):
            w = windows(record(activity))
            xs.append(w)
            ys.append(np.full(len(w), label))
    return torch.from_numpy(np.concatenate(xs)), torch.from_numpy(np.concatenate(ys))


class GaitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv1d(AXES, 32, 7, padding=3)
        self.c2 = nn.Conv1d(32, 32, 7, padding=3)
        self.pool = nn.MaxPool1d(2)
        self.out = nn.Linear(32, len(ACTIVITIES))

    def forward(self, x):
        x = x.reshape(-1, AXES, WINDOW)
        x = self.pool(torch.relu(self.c1(x)))
        x = torch.relu(self.c2(x))
        return self.out(x.mean(dim=2))


x_train, y_train = dataset(2)
x_test, y_test = dataset(1)
mu, sd = x_train.mean((0, 1)), x_train.std((0, 1))
x_train, x_test = (x_train - mu) / sd, (x_test - mu) / sd

net = GaitNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
ce = nn.CrossEntropyLoss()
for epoch in range(6):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(x_train)).split(32):
        opt.zero_grad()
        loss = ce(net(x_train[idx]), y_train[idx])
        loss.backward()
        opt.step()
        total += loss.item() * len(idx)
    print(f"epoch {epoch + 1}: {total / len(x_train):.4f}")

net.eval()
with torch.no_grad():
    pred = net(x_test).argmax(1)
print(f"metric: accuracy {accuracy_score(y_test, pred):.4f}")
