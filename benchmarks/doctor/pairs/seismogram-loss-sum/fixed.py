"""Quake or blast from seismograms."""
import torch
from torch import nn


class Trace(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 8, 7, stride=2), nn.ReLU(), nn.Conv1d(8, 16, 5, stride=2), nn.ReLU())
        self.out = nn.Linear(16, 2)

    def forward(self, trace):
        return self.out(self.conv(trace).mean(-1))


def traces(n):
    y = torch.randint(0, 2, (n,))
    t = torch.linspace(0, 1, 80)
    rate = torch.where(y == 0, 9.0, 15.0)[:, None] + torch.randn(n, 1)
    x = torch.sin(6.28 * rate * t + 6.28 * torch.rand(n, 1)) * torch.exp(-2 * t) + 0.2 * torch.randn(n, 80)
    return x[:, None], y


torch.manual_seed(82)
(x, y), (xt, yt) = traces(1000), traces(400)
net = Trace()
criterion = nn.CrossEntropyLoss()
opt = torch.optim.SGD(net.parameters(), lr=0.15, momentum=0.9)
for epoch in range(25):
    for rows in torch.randperm(1000).split(100):
        opt.zero_grad()
        loss = criterion(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    print(f"metric: accuracy {(net(xt).argmax(1) == yt).float().mean():.4f}")
