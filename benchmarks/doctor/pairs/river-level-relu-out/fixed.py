"""Change of a river's level in the next hour."""
import torch
from torch import nn


class LevelNet(nn.Module):
    def __init__(self, n_in, widths=(48, 48)):
        super().__init__()
        layers, last = [], n_in
        for width in widths:
            layers.append(nn.Linear(last, width))
            last = width
        self.layers = nn.ModuleList(layers)
        self.out = nn.Linear(last, 1)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.out(x)


def simulate(n):
    x = torch.randn(n, 8)
    change = 0.9 * x[:, 0] - 0.7 * x[:, 1] * (x[:, 2] > 0) + 0.4 * x[:, 3] + 0.1 * torch.randn(n)
    return x, change.unsqueeze(-1)


torch.manual_seed(77)
(x, y), (xt, yt) = simulate(2000), simulate(500)
net = LevelNet(8)
optimiser = torch.optim.RMSprop(net.parameters(), lr=1e-3)
for epoch in range(20):
    for idx in torch.randperm(2000).chunk(40):
        err = nn.functional.l1_loss(net(x[idx]), y[idx])
        optimiser.zero_grad()
        err.backward()
        optimiser.step()
    print("mae", float(err))
with torch.no_grad():
    print(f"metric: mae {nn.functional.l1_loss(net(xt), yt):.4f}")
