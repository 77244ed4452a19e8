"""Convective cells on radar pictures: a handful of pixels in each, weak against clutter."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


def radar(n, seed):
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:32, :32]
    pictures = rng.normal(0, 1, (n, 32, 32))
    cells = np.zeros((n, 32, 32), np.float32)
    for k in range(n):
        r, c = rng.integers(4, 28, 2)
        near = np.hypot(yy - r, xx - c)
        pictures[k] += 2.2 * np.exp(-((near / 2.5) ** 2))
        cells[k] = near < 2
    return torch.tensor(pictures, dtype=torch.float32)[:, None], torch.tensor(cells)[:, None]


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [1, 12, 12, 12]
        self.convs = nn.ModuleList([nn.Conv2d(a, b, 5, padding=2) for a, b in zip(sizes, sizes[1:])])
        self.last = nn.Conv2d(12, 1, 1)

    def forward(self, x):
        for conv in self.convs:
            x = F.relu(conv(x))
        return self.last(x)


def hit_rate(net, x, y):
    with torch.no_grad():
        on = net(x).sigmoid() > 0.5
    hits, misses, false = (on & (y > 0)).sum(), (~on & (y > 0)).sum(), (on & (y == 0)).sum()
    return (hits / (hits + misses)).item(), (hits / (hits + misses + false).clamp(min=1)).item()


torch.manual_seed(2)
x, y = radar(260, 2)
x_test, y_test = radar(150, 3)
net = Detector()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
for epoch in range(8):
    for rows in torch.randperm(len(x)).split(20):
        opt.zero_grad()
        loss = F.binary_cross_entropy_with_logits(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", round(loss.item(), 4))
pod, csi = hit_rate(net, x_test, y_test)
print(f"probability of detection {pod:.3f}")
print(f"metric: csi {csi:.4f}")
