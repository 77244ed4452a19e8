"""Plankton or not, from small pictures."""
import torch
from torch import nn


def pictures(n):
    y = torch.randint(0, 2, (n,))
    x = 0.6 * torch.randn(n, 1, 12, 12)
    ring = torch.zeros(12, 12)
    ring[3:9, 3:9] = 0.5
    ring[5:7, 5:7] = -0.5
    return x + y[:, None, None, None] * ring * 0.8, y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.drop = nn.Dropout(0.7)
        self.fc = nn.Linear(8 * 25, 2)

    def forward(self, x):
        return self.fc(self.drop(self.features(x).flatten(1)))


def accuracy(net, x, y):
    net.eval()
    with torch.no_grad():
        hits = [(net(a).argmax(1) == b).float().sum() for a, b in zip(x.split(8), y.split(8))]
    return float(sum(hits)) / len(y)


torch.manual_seed(2)
(x, y), (xt, yt) = pictures(800), pictures(400)
net = Net()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(12):
    net.train()
    for i in torch.randperm(800).split(32):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x[i]), y[i])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
print(f"metric: accuracy {accuracy(net, xt, yt):.4f}")
