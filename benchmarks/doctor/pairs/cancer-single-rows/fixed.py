"""Digits with noise in the pixels, one optimizer step for each batch that the generator yields."""
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

settings = dict(batch_size=32, lr=0.02, momentum=0.9, epochs=20, seed=8)
torch.manual_seed(settings["seed"])
rng = np.random.default_rng(settings["seed"])


def minibatches(x, y, size):
    order = rng.permutation(len(y))
    for k in range(0, len(y), size):
        yield x[order[k:k + size]], y[order[k:k + size]]


raw = load_digits()
x = torch.tensor(raw.data / 16 + 0.25 * rng.standard_normal(raw.data.shape), dtype=torch.float32)
y = torch.tensor(raw.target)
cut = rng.permutation(len(y))
train, test = cut[:1300], cut[1300:]
x = (x - x[train].mean()) / x[train].std()
net = nn.Sequential(nn.Linear(64, 50), nn.LeakyReLU(0.1), nn.Linear(50, 10))
optimizer = torch.optim.SGD(net.parameters(), lr=settings["lr"], momentum=settings["momentum"])
criterion = nn.CrossEntropyLoss()
for epoch in range(settings["epochs"]):
    net.train()
    losses = []
    for xb, yb in minibatches(x[train], y[train], settings["batch_size"]):
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        acc = (net(x[test]).argmax(1) == y[test]).float().mean().item()
    print(f"epoch {epoch + 1}: mean loss {np.mean(losses):.4f}, accuracy {acc:.4f}")
print(f"metric: accuracy {acc:.4f}")
