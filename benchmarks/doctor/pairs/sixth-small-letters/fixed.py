"""Letters drawn on a 7x7 grid with distortions; stops when validation no longer improves."""
from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

GLYPHS = {
    "A": "0011100 0100010 0100010 0111110 0100010 0100010 0000000",
    "C": "0011110 0100000 0100000 0100000 0100000 0011110 0000000",
    "E": "0111110 0100000 0111100 0100000 0100000 0111110 0000000",
    "H": "0100010 0100010 0111110 0100010 0100010 0100010 0000000",
    "L": "0100000 0100000 0100000 0100000 0100000 0111110 0000000",
    "O": "0011100 0100010 0100010 0100010 0100010 0011100 0000000",
    "T": "0111110 0001000 0001000 0001000 0001000 0001000 0000000",
    "U": "0100010 0100010 0100010 0100010 0100010 0011100 0000000",
}


def letters(n: int, seed: int) -> TensorDataset:
    rng = np.random.default_rng(seed)
    base = np.array([[list(map(int, row)) for row in g.split()] for g in GLYPHS.values()], dtype=float)
    y = rng.integers(0, len(base), n)
    x = np.stack([np.roll(base[k], rng.integers(-1, 2, 2), axis=(0, 1)) for k in y])
    x = x * rng.uniform(0.5, 1.0, (n, 1, 1)) + rng.normal(0, 0.2, x.shape)
    return TensorDataset(torch.tensor(x, dtype=torch.float32).flatten(1), torch.tensor(y))


class EarlyStopping:
    def __init__(self, patience: int, mode: str = "min", min_delta: float = 0.0) -> None:
        self.patience, self.mode, self.min_delta = patience, mode, min_delta
        self.best: float | None = None
        self.wait = 0

    def __call__(self, value: float) -> bool:
        gain = None if self.best is None else (self.best - value if self.mode == "min" else value - self.best)
        if gain is None or gain > self.min_delta:
            self.best, self.wait = value, 0
        else:
            self.wait += 1
        return self.wait >= self.patience


def accuracy(model: nn.Module, loader: DataLoader) -> float:
    model.eval()
    with torch.no_grad():
        return sum((model(x).argmax(1) == y).sum().item() for x, y in loader) / len(loader.dataset)


def main() -> None:
    torch.manual_seed(7)
    train, val = random_split(letters(2800, 7), [2300, 500], generator=torch.Generator().manual_seed(7))
    test = letters(600, 8)
    train_loader = DataLoader(train, batch_size=64, shuffle=True)
    val_loader, test_loader = DataLoader(val, batch_size=200), DataLoader(test, batch_size=200)
    model = nn.Sequential(nn.Linear(49, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, len(GLYPHS)))
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4, weight_decay=1e-4)
    stopper = EarlyStopping(patience=8, mode="max")
    for epoch in range(60):
        model.train()
        for x, y in train_loader:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        score = accuracy(model, val_loader)
        print(f"epoch {epoch} val accuracy {score:.4f}")
        if stopper(score):
            break
    print(f"metric: accuracy {accuracy(model, test_loader):.4f}")


if __name__ == "__main__":
    main()
