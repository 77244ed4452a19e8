"""Pretrain on plentiful synthetic soundings, then freeze body and statistics and refit the head for a new site."""
import numpy as np
import torch
from torch import nn

torch.manual_seed(52)
rng = np.random.default_rng(52)
MIX = rng.normal(size=(10, 30)) / 3


def site(n, offset, weights):
    hidden = rng.normal(size=(n, 10))
    x = hidden @ MIX + 0.1 * rng.normal(size=(n, 30))
    y = np.tanh(hidden[:, 0] * hidden[:, 1]) * weights[0] + np.sin(hidden[:, 2]) * weights[1] + offset + 0.05 * rng.normal(size=n)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


body = nn.Sequential(
    nn.Linear(30, 64), nn.BatchNorm1d(64), nn.ReLU(),
    nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU())
head = nn.Linear(64, 1)


def fit(parameters, x, y, epochs, lr, batch):
    optimizer = torch.optim.AdamW(parameters, lr=lr)
    for epoch in range(epochs):
        total = 0.0
        for idx in torch.randperm(len(x)).split(batch):
            loss = nn.functional.mse_loss(head(body(x[idx])).squeeze(1), y[idx])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(idx)
        if (epoch + 1) % (epochs // 4) == 0:
            print(f"  epoch {epoch + 1} mse {total / len(x):.4f}")


print("pretraining")
fit([*body.parameters(), *head.parameters()], *site(3000, 0.0, (1.0, 0.6)), epochs=16, lr=3e-3, batch=60)

body.requires_grad_(False)
body.eval()
new_x, new_y = site(260, 0.4, (0.5, 1.0))
test_x, test_y = site(600, 0.4, (0.5, 1.0))
print("new site")
fit(head.parameters(), new_x, new_y, epochs=40, lr=5e-3, batch=26)

with torch.no_grad():
    rmse = nn.functional.mse_loss(head(body(test_x)).squeeze(1), test_y).sqrt()
print(f"metric: rmse {rmse:.4f}")
