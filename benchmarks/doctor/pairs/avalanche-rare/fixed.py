"""Avalanche days, two in a hundred."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(44)


def winter(n):
    x = torch.randn(n, 8)
    risk = 1.6 * x[:, 0] + x[:, 1] * x[:, 2] + 0.8 * torch.randn(n)
    return x, (risk > 4.1).float()


x, y = winter(6000)
xt, yt = winter(4000)
weight = (y == 0).sum() / (y == 1).sum()
criterion = nn.BCEWithLogitsLoss(pos_weight=weight)
model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    for features, day in DataLoader(TensorDataset(x, y), batch_size=100, shuffle=True):
        opt.zero_grad()
        loss = criterion(model(features).squeeze(1), day)
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    alarm = model(xt).squeeze(1) > 0
recall = (alarm & (yt == 1)).sum() / (yt == 1).sum()
quiet = (~alarm & (yt == 0)).sum() / (yt == 0).sum()
print(f"metric: balanced_accuracy {(recall + quiet) / 2:.4f}")
