"""A standing wave field as a function of position and time, from scattered sensors."""
import numpy as np
import torch
import torch.nn as nn

SEED = 52


class Sine(nn.Module):
    def __init__(self, omega):
        super().__init__()
        self.omega = omega

    def forward(self, x):
        return torch.sin(self.omega * x)


class FieldNet(nn.Module):
    def __init__(self, sizes=(3, 64, 64, 64), omega=2.0):
        super().__init__()
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes[:-1], sizes[1:]))
        self.act = Sine(omega)
        self.out = nn.Linear(sizes[-1], 1)

    def forward(self, points):
        h = points
        for layer in self.hidden:
            h = layer(h)
            h = self.act(h)
        return self.out(h).squeeze(-1)


def field(points):
    """A few modes of a unit membrane, each oscillating with its own frequency."""
    x, y, t = points.T
    u = np.zeros(len(points))
    for (m, n), a, phase in (((1, 1), 1.0, 0.2), ((2, 1), 0.7, 1.1), ((1, 2), 0.6, 2.0), ((2, 2), 0.4, 0.5)):
        w = np.pi * np.hypot(m, n)
        u += a * np.sin(m * np.pi * x) * np.sin(n * np.pi * y) * np.cos(0.5 * w * t + phase)
    return u


def sensors(n, rng, noise):
    points = rng.random((n, 3))
    values = field(points) + rng.normal(0, noise, n)
    return torch.tensor(points * 2 - 1, dtype=torch.float32), torch.tensor(values, dtype=torch.float32)


def fit(model, points, values, epochs=40, batch=100, lr=3e-3):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    history = []
    for epoch in range(epochs):
        model.train()
        losses = []
        for rows in torch.randperm(len(points)).split(batch):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(points[rows]), values[rows])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        scheduler.step()
        history.append(np.mean(losses))
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1} mse {history[-1]:.5f}")
    return history


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    points, values = sensors(3000, rng, noise=0.03)
    test_points, test_values = sensors(1000, rng, noise=0.0)
    scale = values.std()
    model = FieldNet()
    fit(model, points, values / scale)
    model.eval()
    with torch.no_grad():
        error = (model(test_points) * scale - test_values).square().sum()
    print(f"metric: r2 {1 - (error / (test_values - test_values.mean()).square().sum()).item():.4f}")


main()
