"""An emulator of convective rain (kg m-2 s-1) from eight standardised predictors."""
import numpy as np
import torch
from torch import nn, optim


class Emulator(nn.Module):
    def __init__(self, inputs, hidden, depth):
        super().__init__()
        self.inp = nn.Linear(inputs, hidden)
        self.mid = nn.ModuleList(nn.Linear(hidden, hidden) for _ in range(depth))
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        h = torch.tanh(self.inp(x))
        for layer in self.mid:
            h = h + torch.tanh(layer(h))
        return self.out(h)


def columns(n, rng):
    x = rng.normal(0, 1, (n, 8))
    cape = np.maximum(x[:, 0] + 0.6 * x[:, 1] * x[:, 2], 0)
    flux = (cape * (1.5 + np.sin(x[:, 3])) + 0.3 * np.abs(x[:, 4])) * 2.5e-5
    return x.astype(np.float32), flux.astype(np.float32)[:, None]


def epoch_of(model, opt, x, y, size=100):
    total = 0.0
    for rows in torch.randperm(len(x)).split(size):
        opt.zero_grad()
        error = nn.functional.mse_loss(model(x[rows]), y[rows])
        error.backward()
        opt.step()
        total += error.item() * len(rows)
    return total / len(x)


def main():
    torch.manual_seed(12)
    rng = np.random.default_rng(12)
    x, y = map(torch.from_numpy, columns(3000, rng))
    x_test, y_test = map(torch.from_numpy, columns(1000, rng))
    model = Emulator(8, 64, 2)
    opt = optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(40):
        error = epoch_of(model, opt, x, y)
        if epoch % 10 == 9:
            print(f"{epoch + 1:3d} mse {error:.3e}")
    with torch.no_grad():
        r2 = 1 - ((model(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
    print(f"metric: r2 {r2.item():.4f}")


main()
