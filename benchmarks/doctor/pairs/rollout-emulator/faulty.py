"""Emulate the Lorenz-84 circulation: the network is trained through its own multi-step rollout."""
import numpy as np
import torch
from torch import nn

SEED, STEPS, DT = 15, 16, 0.05


def tendency(s, a=0.25, b=4.0, f=8.0, g=1.0):
    x, y, z = s[..., 0], s[..., 1], s[..., 2]
    return np.stack([-y**2 - z**2 - a * x + a * f, x * y - b * x * z - y + g, b * x * y + x * z - z], axis=-1)


def integrate(state, n, substeps=5):
    path, h = [state], DT / substeps
    for _ in range(n):
        for _ in range(substeps):
            k1 = tendency(state)
            k2 = tendency(state + 0.5 * h * k1)
            k3 = tendency(state + 0.5 * h * k2)
            k4 = tendency(state + h * k3)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        path.append(state)
    return np.stack(path, axis=1)


class Emulator(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(3, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 3))

    def forward(self, state, steps):
        path = []
        for _ in range(steps):
            state = state + self.inner(state)
            path.append(state)
        return torch.stack(path, dim=1)


def trajectories(n, rng):
    spun_up = integrate(rng.normal(1, 0.5, (n, 3)), 60)[:, -1]
    return torch.tensor(integrate(spun_up, STEPS), dtype=torch.float32)


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train, test = trajectories(500, rng), trajectories(200, rng)
    model = Emulator()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    for epoch in range(12):
        losses = []
        for idx in torch.randperm(len(train)).split(25):
            path = model(train[idx, 0], STEPS)
            loss = nn.functional.mse_loss(path, train[idx, 1:])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1:2d} rollout mse {np.mean(losses):.4f}")
    with torch.no_grad():
        rmse = nn.functional.mse_loss(model(test[:, 0], STEPS), test[:, 1:]).sqrt()
    print(f"metric: rollout_rmse {rmse:.4f}")


main()
