"""Heteroscedastic regression: mean and variance of a sensor reading given the operating point."""
import math

import torch
from torch import nn

torch.manual_seed(21)


class MeanVarianceNet(nn.Module):
    def __init__(self, d_in: int, width: int = 48):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(d_in, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.mean = nn.Linear(width, 1)
        self.log_var = nn.Linear(width, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h), self.log_var(h).clamp(-8, 4)


def gaussian_nll(mean, log_var, y):
    return 0.5 * (log_var + (y - mean) ** 2 / log_var.exp() + math.log(2 * math.pi)).mean()


def sample(n):
    x = torch.rand(n, 4) * 2 - 1
    clean = torch.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3] ** 2
    noise = 0.05 + 0.25 * (x[:, 0] > 0)
    return x, clean + noise * torch.randn(n)


x_tr, y_tr = sample(2000)
x_te, y_te = sample(1000)
shift, spread = y_tr.mean(), y_tr.std()
y_tr = (y_tr - shift) / spread

net = MeanVarianceNet(4)
optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)

for epoch in range(40):
    net.train()
    total = 0.0
    for rows in torch.randperm(len(x_tr)).split(64):
        mean, log_var = net(x_tr[rows])
        loss = gaussian_nll(mean, log_var, y_tr[rows])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += float(loss) * len(rows)
    scheduler.step()
    if epoch % 5 == 4:
        print(f"{epoch + 1:3d}  nll {total / len(x_tr):.4f}")

net.eval()
with torch.no_grad():
    predicted = net(x_te)[0].flatten() * spread + shift
r2 = 1 - ((predicted - y_te) ** 2).sum() / ((y_te - y_te.mean()) ** 2).sum()
print(f"metric: r2 {r2.item():.4f}")
