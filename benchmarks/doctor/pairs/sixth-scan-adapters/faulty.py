"""Adapt a frozen digit classifier to inverted, noisy scans with low-rank adapters."""
import copy

import torch
from sklearn.datasets import load_digits
from torch import nn


class LowRank(nn.Module):
    """Frozen linear map plus a trained update of small rank."""

    def __init__(self, base: nn.Linear, rank: int = 16, alpha: float = 16.0):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.a = nn.Parameter(torch.zeros(rank, base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))
        self.bias = nn.Parameter(torch.zeros(base.out_features))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.a.T @ self.b.T) + self.bias


class Classifier(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = nn.Linear(64, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 10)

    def forward(self, x):
        h = torch.relu(self.fc1(x))
        h = torch.relu(self.fc2(h))
        return torch.sigmoid(self.fc3(h))


def train(model, x, y, epochs, lr):
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trainable, lr=lr)
    for epoch in range(1, epochs + 1):
        model.train()
        for rows in torch.randperm(len(x)).split(32):
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 5 == 0:
            print(f"epoch {epoch} loss {nn.functional.cross_entropy(model(x), y).item():.4f}")


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(35)
bunch = load_digits()
x, y = torch.tensor(bunch.data / 16, dtype=torch.float32), torch.tensor(bunch.target)
perm = torch.randperm(len(x))
source, target, held = perm[:800], perm[800:1400], perm[1400:]
scans = 1 - x.view(-1, 8, 8).transpose(1, 2).flatten(1) + 0.1 * torch.randn_like(x)

base = Classifier()
train(base, x[source], y[source], epochs=10, lr=2e-3)
adapted = copy.deepcopy(base)
for name in ("fc1", "fc2", "fc3"):
    setattr(adapted, name, LowRank(getattr(adapted, name)))
train(adapted, scans[target], y[target], epochs=40, lr=4e-3)
print(f"metric: accuracy {accuracy(adapted, scans[held], y[held]):.4f}")
