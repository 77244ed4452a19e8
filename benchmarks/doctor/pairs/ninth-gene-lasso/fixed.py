"""Sparse linear model of a phenotype from expression levels."""
import numpy as np
import torch
from sklearn.metrics import r2_score

rng = np.random.default_rng(90)
torch.manual_seed(90)
GENES, ACTIVE = 300, 8

effect = np.zeros(GENES)
effect[rng.choice(GENES, ACTIVE, replace=False)] = rng.choice([-1, 1], ACTIVE) * rng.uniform(0.5, 1.2, ACTIVE)


def patients(n):
    x = rng.normal(size=(n, GENES))
    y = x @ effect + 0.5 * rng.normal(size=n)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


x_train, y_train = patients(160)
x_test, y_test = patients(400)
mean, std = y_train.mean(), y_train.std()
target = (y_train - mean) / std

w = torch.zeros(GENES, requires_grad=True)
b = torch.zeros((), requires_grad=True)
optimizer = torch.optim.Adam([w, b], lr=5e-3)
for epoch in range(150):
    total = 0.0
    for rows in torch.randperm(len(x_train)).split(32):
        pred = x_train[rows] @ w + b
        loss = (pred - target[rows]).pow(2).mean() + 0.1 * w.abs().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    if epoch % 30 == 29:
        print(f"epoch {epoch + 1} loss {total / len(x_train):.4f} non-zero {(w.abs() > 0.02).sum().item()}")

with torch.no_grad():
    pred = (x_test @ w + b) * std + mean
print(f"metric: r2 {r2_score(y_test.numpy(), pred.numpy()):.4f}")
