"""Spiral arms with a residual MLP."""
import numpy as np
import torch
import torch.nn as nn

HPARAMS = dict(lr=0.03, momentum=0.9, weight_decay=5e-4, epochs=40, batch=50, width=48, depth=3, arms=3)


def spiral(n_per_arm, arms, rng):
    xs, ys = [], []
    for a in range(arms):
        r = rng.uniform(0.1, 1.0, n_per_arm)
        theta = 4.0 * r + 2 * np.pi * a / arms + rng.normal(0, 0.12, n_per_arm)
        xs.append(np.column_stack([r * np.cos(theta), r * np.sin(theta)]) * 1.6)
        ys.append(np.full(n_per_arm, a))
    return torch.tensor(np.concatenate(xs), dtype=torch.float32), torch.tensor(np.concatenate(ys))


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a, self.b = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.b(torch.relu(self.a(x)))


def make_optimizer(model, hp):
    return torch.optim.SGD(model.parameters(), hp["lr"], hp["weight_decay"], hp["momentum"])


def main(hp):
    torch.manual_seed(8)
    rng = np.random.default_rng(8)
    x, y = spiral(400, hp["arms"], rng)
    x_test, y_test = spiral(200, hp["arms"], rng)
    model = nn.Sequential(
        nn.Linear(2, hp["width"]), nn.ReLU(),
        *[Residual(hp["width"]) for _ in range(hp["depth"])],
        nn.Linear(hp["width"], hp["arms"]),
    )
    optimizer = make_optimizer(model, hp)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(1, hp["epochs"] + 1):
        running = 0.0
        for rows in torch.randperm(len(x)).split(hp["batch"]):
            optimizer.zero_grad()
            loss = loss_fn(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            running += loss.item() * len(rows)
        if epoch % 10 == 0:
            print(f"epoch {epoch:3d} loss {running / len(x):.4f}")
    model.eval()
    with torch.no_grad():
        return (model(x_test).argmax(1) == y_test).float().mean().item()


print(f"metric: accuracy {main(HPARAMS):.4f}")
