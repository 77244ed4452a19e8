"""Habitat from sensor statistics: a deep stack."""
import torch
from torch import nn

DEPTH, WIDTH = 9, 32


def stack(n_in, n_out):
    parts = [nn.Linear(n_in, WIDTH), nn.ReLU()]
    for _ in range(DEPTH - 2):
        parts += [nn.Linear(WIDTH, WIDTH), nn.ReLU()]
    return nn.Sequential(*parts, nn.Linear(WIDTH, n_out))


torch.manual_seed(61)
x = torch.randn(1600, 6)
y = (x[:, 0] * x[:, 1] > 0).long() + 2 * (x[:, 2] > 0).long()
net = stack(6, 4)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
for epoch in range(40):
    for rows in torch.randperm(1200).split(40):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        opt.step()
    if epoch % 10 == 0:
        print(epoch, loss.item())
with torch.no_grad():
    print(f"metric: accuracy {(net(x[1200:]).argmax(1) == y[1200:]).float().mean():.4f}")
