"""Gene-expression-like table: few samples, many columns, noisy labels; keep the best epoch's weights."""
import copy

import numpy as np
import torch
from torch import nn


def expression(n, d, rng, w):
    x = rng.normal(size=(n, d)).astype(np.float32)
    logit = x @ w * 1.6
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(np.float32)
    return torch.from_numpy(x), torch.from_numpy(y)


def log_loss(model, x, y):
    model.eval()
    with torch.no_grad():
        return nn.functional.binary_cross_entropy_with_logits(model(x).squeeze(1), y).item()


class Best:
    """Remembers the weights of the epoch with the lowest validation loss."""

    def __init__(self):
        self.value, self.state = float("inf"), None

    def update(self, value, model):
        if value < self.value:
            self.value = value
            self.state = copy.deepcopy(model.state_dict())


torch.manual_seed(66)
rng = np.random.default_rng(66)
w = np.zeros(60, np.float32)
w[:6] = [1.0, -1.0, 0.8, -0.7, 0.6, 0.5]
x, y = expression(400, 60, rng, w)
x_val, y_val = expression(300, 60, rng, w)
x_test, y_test = expression(1500, 60, rng, w)

model = nn.Sequential(nn.Linear(60, 48), nn.ReLU(), nn.Linear(48, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
best = Best()
for epoch in range(40):
    model.train()
    for rows in torch.randperm(len(x)).split(20):
        loss = nn.functional.binary_cross_entropy_with_logits(model(x[rows]).squeeze(1), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    val = log_loss(model, x_val, y_val)
    best.update(val, model)
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} train {log_loss(model, x, y):.4f} val {val:.4f} best {best.value:.4f}")

model.load_state_dict(best.state)
print(f"metric: log_loss {log_loss(model, x_test, y_test):.4f}")
