"""Figures on the pages of `wellfit about FAULT` that are no limit of a clue: `python benchmarks/doctor/symptoms.py`.

Each is the median over seeds 0 to 4 of a small training with the fault: 480 rows of 6 normal numbers, three classes that a
layer of 32 ReLUs learns, 300 steps of 24 rows, Adam at 0.01, unless said otherwise. About 20 s on one core.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SEEDS = range(5)


def data(seed: int, rows: int = 480) -> tuple[Tensor, Tensor]:
    torch.manual_seed(seed)
    x = torch.randn(rows, 6)
    return x, (x[:, 0] * x[:, 1] > 0).long() + (x[:, 2] > 0.8).long()


def network(width: int = 32) -> nn.Module:
    return nn.Sequential(nn.Linear(6, width), nn.ReLU(), nn.Linear(width, 3))


def train(
    net: nn.Module, x: Tensor, y: Tensor, lr: float = 0.01, batch: int = 24, steps: int = 300, clear: bool = True,
    kind: Callable = torch.optim.Adam, **settings: float,
) -> tuple[list[float], list[float]]:  # fmt: skip
    """Loss and norm of the gradient at each step."""
    optimizer = kind(net.parameters(), lr=lr, **settings)
    losses, norms = [], []
    for _ in range(steps):
        rows = torch.randint(len(x), (batch,))
        if clear:
            optimizer.zero_grad()
        loss = F.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        norms.append(float(nn.utils.get_total_norm([w.grad for w in net.parameters() if w.grad is not None])))
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses, norms


def whole(net: nn.Module, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Loss and accuracy over all rows."""
    with torch.no_grad():
        out = net(x)
        return float(F.cross_entropy(out, y)), float((out.argmax(1) == y).float().mean())


def zero_grad_missing(seed: int) -> dict[str, float]:
    x, y = data(seed)
    _, norms = train(network(), x, y, clear=False)
    return {
        "norm at step 10 over the first": norms[9] / norms[0],
        "norm at the end over the first": norms[-1] / norms[0],
    }


def batch_size_too_small(seed: int) -> dict[str, float]:
    x, y = data(seed)
    losses, _ = train(network(), x, y, batch=1, lr=0.001)
    spread = torch.tensor(losses).std().item()
    return {"spread of single losses over the fall": spread / abs(sum(losses[:50]) / 50 - sum(losses[-50:]) / 50)}


def capacity_too_large(seed: int) -> dict[str, float]:
    (x, y), (xv, yv) = data(seed, 60), data(seed + 100)
    net = network(2048)
    y = torch.where(torch.rand(60) < 0.2, torch.randint(3, (60,)), y)
    train(net, x, y, lr=0.001, steps=150)
    early = whole(net, xv, yv)[0]
    train(net, x, y, lr=0.001, steps=850)
    return {
        "training loss": whole(net, x, y)[0],
        "validation loss over that after 150 steps": whole(net, xv, yv)[0] / early,
    }


def capacity_too_small(seed: int) -> dict[str, float]:
    x, y = data(seed)
    narrow, wide = network(1), network(64)
    train(narrow, x, y, steps=2000)
    train(wide, x, y, steps=2000)
    return {"accuracy in training with 1 unit": whole(narrow, x, y)[1], "with 64": whole(wide, x, y)[1]}


def inputs_unscaled(seed: int) -> dict[str, float]:
    x, y = data(seed)
    far = x.clone()
    far[:, 5] = far[:, 5] * 300 + 3000
    net, healthy = network(), network()
    losses, _ = train(net, far, y)
    train(healthy, x, y)
    return {"first loss": losses[0], "accuracy": whole(net, far, y)[1], "standardised": whole(healthy, x, y)[1]}


def lr_too_low(seed: int) -> dict[str, float]:
    x, y = data(seed)
    net = network()
    first = whole(net, x, y)[0]
    train(net, x, y, lr=1e-6)
    return {"share of the loss that went": 1 - whole(net, x, y)[0] / first}


def optimizer_unsuitable(seed: int) -> dict[str, float]:
    x, y = data(seed)
    net, other = network(), network()
    train(net, x, y, kind=torch.optim.SGD, lr=0.01, momentum=0.999)
    train(other, x, y, lr=0.01)
    return {"loss": whole(net, x, y)[0], "accuracy": whole(net, x, y)[1], "Adam": whole(other, x, y)[1]}


if __name__ == "__main__":
    torch.set_num_threads(1)
    for measure in (
        zero_grad_missing, batch_size_too_small, capacity_too_large, capacity_too_small, inputs_unscaled, lr_too_low,
        optimizer_unsuitable,
    ):  # fmt: skip
        rows = [measure(seed) for seed in SEEDS]
        said = ", ".join(f"{word} {median(row[word] for row in rows):.3g}" for word in rows[0])
        print(f"{measure.__name__.replace('_', '-'):22} {said}", flush=True)
