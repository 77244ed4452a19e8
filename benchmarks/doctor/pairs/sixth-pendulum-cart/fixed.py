"""Forward dynamics of a damped pendulum cart: predict the change of state."""
from typing import Callable, Sequence

import torch
import torch.nn as nn
from sklearn.metrics import r2_score


def mlp(sizes: Sequence[int], activation: type[nn.Module], output_activation: type[nn.Module] = nn.Identity) -> nn.Sequential:
    layers: list[nn.Module] = []
    for j in range(len(sizes) - 1):
        act = activation if j < len(sizes) - 2 else output_activation
        layers += [nn.Linear(sizes[j], sizes[j + 1]), act()]
    return nn.Sequential(*layers)


def derivative(state: torch.Tensor, force: torch.Tensor) -> torch.Tensor:
    theta, omega, v = state.unbind(-1)
    f = force.squeeze(-1)
    acc = f - 0.3 * v + 0.2 * torch.sin(theta) * omega ** 2
    return torch.stack([omega, -4.0 * torch.sin(theta) - 0.4 * omega + acc * torch.cos(theta), acc], dim=-1)


def rollouts(n: int, horizon: int, step: Callable, dt: float = 0.05):
    state = torch.randn(n, 3)
    inputs, changes = [], []
    for _ in range(horizon):
        force = torch.randn(n, 1)
        delta = dt * step(state, force)
        inputs.append(torch.cat([state, force], dim=-1))
        changes.append(delta)
        state = state + delta
    return torch.cat(inputs), torch.cat(changes)


def main() -> None:
    torch.manual_seed(31)
    x, y = rollouts(150, 20, derivative)
    x_test, y_test = rollouts(50, 20, derivative)
    x_mean, x_std, y_mean, y_std = x.mean(0), x.std(0), y.mean(0), y.std(0)
    x, x_test = (x - x_mean) / x_std, (x_test - x_mean) / x_std
    y = (y - y_mean) / y_std

    model = mlp([4, 64, 64, 3], nn.ReLU)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(25):
        perm = torch.randperm(len(x))
        total = 0.0
        for i in range(0, len(x), 64):
            rows = perm[i:i + 64]
            loss = nn.functional.mse_loss(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} mse {total / len(x):.5f}")
    model.eval()
    with torch.no_grad():
        predicted = model(x_test) * y_std + y_mean
    print(f"metric: r2 {r2_score(y_test.numpy(), predicted.numpy()):.4f}")


main()
