"""Three-hour-ahead storm surge at a harbour from pressure, wind and past surge: a causal dilated network."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SEED = 33
WINDOW, AHEAD = 48, 3


def harbour(hours, rng):
    pressure, along, across = np.zeros((3, hours))
    for t in range(1, hours):
        pressure[t] = 0.985 * pressure[t - 1] + rng.normal(0, 1.3)
        along[t] = 0.95 * along[t - 1] + rng.normal(0, 1.6)
        across[t] = 0.93 * across[t - 1] + rng.normal(0, 1.6)
    surge = np.zeros(hours)
    for t in range(6, hours):
        stress = 0.0011 * along[t - 3] * np.hypot(along[t - 3], across[t - 3])
        funnel = 0.02 * max(across[t - 5], 0)
        surge[t] = 0.82 * surge[t - 1] - 0.25 * surge[t - 6] + stress + funnel - 0.0015 * pressure[t - 2] + rng.normal(0, 0.008)
    return np.stack([pressure / 8, along / 5, across / 4.5, surge / 0.15])


class CausalBlock(nn.Module):
    def __init__(self, n_in, n_out, dilation):
        super().__init__()
        self.reach = 2 * dilation
        self.conv = nn.Conv1d(n_in, n_out, 3, dilation=dilation)
        self.skip = nn.Conv1d(n_in, n_out, 1)

    def forward(self, x):
        return torch.tanh(self.conv(F.pad(x, (self.reach, 0)))) + self.skip(x)


class SurgeNet(nn.Module):
    def __init__(self, n_in, width=12, depth=4):
        super().__init__()
        sizes = [n_in] + [width] * depth
        self.blocks = nn.ModuleList(CausalBlock(a, b, 2**k) for k, (a, b) in enumerate(zip(sizes, sizes[1:])))
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.out(x[:, :, -1]).squeeze(1)


def batches(series, size, generator=None):
    x = torch.tensor(series, dtype=torch.float32).unfold(1, WINDOW, 1)[:, :-AHEAD].transpose(0, 1)
    y = torch.tensor(series[3, WINDOW + AHEAD - 1:], dtype=torch.float32)
    order = torch.randperm(len(y), generator=generator) if generator else torch.arange(len(y))
    for idx in order.split(size):
        yield x[idx], y[idx]


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train, test = harbour(1800, rng), harbour(900, rng)
    generator = torch.Generator().manual_seed(SEED)
    net = SurgeNet(4)
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    for epoch in range(10):
        losses = []
        for x, y in batches(train, 32, generator):
            optimizer.zero_grad()
            loss = F.mse_loss(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1:2d} mse {np.mean(losses):.4f}")
    net.eval()
    with torch.no_grad():
        squares = torch.cat([(net(x) - y) ** 2 for x, y in batches(test, 256)])
    print(f"metric: rmse_cm {15 * squares.mean().sqrt():.3f}")


main()
