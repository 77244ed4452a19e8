"""Mean and variance of a noisy curve by Gaussian likelihood; the loss falls below zero."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(2)
x = torch.rand(3000, 1) * 2 - 1
sigma = 0.03 + 0.1 * (x + 1) / 2
y = torch.sin(3 * x) * 0.5 + sigma * torch.randn_like(x)
train, test = random_split(TensorDataset(x, y), [2400, 600])


class MeanVariance(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh())
        self.mean = nn.Linear(32, 1)
        self.raw = nn.Linear(32, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h), nn.functional.softplus(self.raw(h)) + 1e-4


model = MeanVariance()
criterion = nn.GaussianNLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(30):
    for xb, yb in DataLoader(train, batch_size=64, shuffle=True):
        mean, variance = model(xb)
        loss = criterion(mean, yb, variance)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 0:
        print("epoch", epoch, "loss", round(loss.item(), 4))

with torch.no_grad():
    xb, yb = next(iter(DataLoader(test, batch_size=600)))
    mean, variance = model(xb)
    print(f"metric: test_nll {criterion(mean, yb, variance).item():.4f}")
