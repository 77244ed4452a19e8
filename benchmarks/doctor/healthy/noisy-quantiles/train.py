"""Quantile regression where most of the spread is noise: the loss stays high, the quantiles are right."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

LEVELS = torch.tensor([0.1, 0.5, 0.9])


class QuantileNet(nn.Module):
    """A median and two positive distances from it, so that the quantiles never cross."""

    def __init__(self, d, width=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(d, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 3))

    def forward(self, x):
        mid, low, high = self.body(x).unbind(1)
        return torch.stack([mid - nn.functional.softplus(low), mid, mid + nn.functional.softplus(high)], dim=1)


def pinball(q, y):
    e = y[:, None] - q
    return torch.maximum(LEVELS * e, (LEVELS - 1) * e).mean()


def sample(n):
    x = torch.rand(n, 3) * 2 - 1
    scale = 0.6 + 0.5 * x[:, 1]
    return x, 0.4 * torch.sin(3 * x[:, 0]) + scale * torch.randn(n)


torch.manual_seed(4)
train, (x_test, y_test) = TensorDataset(*sample(4000)), sample(4000)
model = QuantileNet(3)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-2)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, epochs=12, steps_per_epoch=63)
for epoch in range(12):
    model.train()
    losses = []
    for x, y in DataLoader(train, batch_size=64, shuffle=True):
        loss = pinball(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1} pinball {sum(losses) / len(losses):.4f}")
model.eval()
with torch.no_grad():
    q = model(x_test)
    scale = 0.6 + 0.5 * x_test[:, 1]
    truth = 0.4 * torch.sin(3 * x_test[:, 0])[:, None] + scale[:, None] * torch.tensor([-1.2816, 0.0, 1.2816])
    print("coverage", (y_test[:, None] < q).float().mean(0).tolist())
    r2 = 1 - (q - truth).square().sum() / (truth - truth.mean()).square().sum()
print(f"metric: quantile_r2 {r2.item():.4f}")
