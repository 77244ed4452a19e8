"""A minimal trainer with callbacks; surrogate of a four-bar mechanism."""
from abc import ABC

import numpy as np
import torch
from torch import nn


class Callback(ABC):
    def on_epoch_start(self, trainer): ...
    def before_step(self, trainer): ...
    def after_step(self, trainer): ...
    def on_epoch_end(self, trainer): ...


class GradNorm(Callback):
    """Keeps the mean gradient norm of an epoch."""

    def on_epoch_start(self, trainer):
        self.norms = []

    def before_step(self, trainer):
        squares = [p.grad.square().sum() for p in trainer.model.parameters() if p.grad is not None]
        self.norms.append(torch.stack(squares).sum().sqrt().item() if squares else 0.0)

    def on_epoch_end(self, trainer):
        trainer.log["grad_norm"] = float(np.mean(self.norms))


class ResetGradients(Callback):
    def before_step(self, trainer):
        trainer.optimizer.zero_grad()


class Trainer:
    def __init__(self, model, optimizer, callbacks):
        self.model, self.optimizer, self.callbacks, self.log = model, optimizer, callbacks, {}

    def emit(self, name):
        for c in self.callbacks:
            getattr(c, name)(self)

    def fit(self, x, y, epochs, batch_size):
        for epoch in range(epochs):
            self.emit("on_epoch_start")
            total = 0.0
            for rows in torch.randperm(len(x)).split(batch_size):
                loss = nn.functional.mse_loss(self.model(x[rows]), y[rows])
                loss.backward()
                self.emit("before_step")
                self.optimizer.step()
                self.emit("after_step")
                total += loss.item() * len(rows)
            self.emit("on_epoch_end")
            if epoch % 5 == 4:
                print(f"epoch {epoch + 1} mse {total / len(x):.5f} {self.log}")


def mechanism(n, rng):
    crank, length = rng.uniform(0, 2 * np.pi, n), rng.uniform(0.8, 1.4, n)
    reach = np.sqrt(length ** 2 + 1 - 2 * length * np.cos(crank) + 0.05)
    angle = np.arctan2(np.sin(crank), length - np.cos(crank)) + 0.4 * reach
    x = np.stack([np.cos(crank), np.sin(crank), (length - 1.1) / 0.17], axis=1)
    return torch.tensor(x, dtype=torch.float32), torch.tensor(np.stack([reach, angle], 1), dtype=torch.float32)


if __name__ == "__main__":
    torch.manual_seed(71)
    rng = np.random.default_rng(71)
    x, y = mechanism(1200, rng)
    x_test, y_test = mechanism(500, rng)
    model = nn.Sequential(nn.Linear(3, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 2))
    trainer = Trainer(model, torch.optim.Adam(model.parameters(), lr=3e-3), [GradNorm(), ResetGradients()])
    trainer.fit(x, (y - y.mean(0)) / y.std(0), epochs=30, batch_size=40)
    with torch.no_grad():
        out = model(x_test) * y.std(0) + y.mean(0)
    r2 = 1 - (out - y_test).square().sum(0) / (y_test - y_test.mean(0)).square().sum(0)
    print(f"metric: r2 {r2.mean().item():.4f}")
