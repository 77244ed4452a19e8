"""Binding strength of compounds from 24 descriptors, ninety assays."""
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

cfg = SimpleNamespace(width=8, depth=1, decay=3e-2, epochs=100, lr=1e-3)


def assays(n, rng):
    x = rng.normal(0, 1, (n, 24))
    y = x[:, :4] @ np.array([1.0, -0.7, 0.5, 0.4]) + 0.4 * np.tanh(x[:, 4]) + rng.normal(0, 1.0, n)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32).unsqueeze(1)


def build(width, depth):
    sizes = [24] + depth * [width]
    parts = []
    for a, b in zip(sizes, sizes[1:]):
        parts.extend((nn.Linear(a, b), nn.SiLU()))
    return nn.Sequential(*parts, nn.Linear(width, 1))


rng = np.random.default_rng(21)
torch.manual_seed(21)
x, y = assays(90, rng)
x_val, y_val = assays(60, rng)
x_test, y_test = assays(500, rng)
model = build(cfg.width, cfg.depth)
opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=cfg.decay)
history = {"train": [], "val": []}
for epoch in range(cfg.epochs):
    model.train()
    sums = 0.0
    for rows in torch.randperm(len(x)).split(15):
        loss = nn.functional.mse_loss(model(x[rows]), y[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
        sums += loss.item() * len(rows)
    model.eval()
    with torch.no_grad():
        val = nn.functional.mse_loss(model(x_val), y_val).item()
    history["train"].append(sums / len(x))
    history["val"].append(val)
    if epoch % 25 == 0:
        print(f"{epoch:4d}  train {history['train'][-1]:.4f}  val {val:.4f}")
with torch.no_grad():
    rmse = nn.functional.mse_loss(model(x_test), y_test).sqrt().item()
print(f"metric: rmse {rmse:.4f}")
