"""Drug response of cell lines from expression of 120 genes; the weights with the best validation are kept."""
import copy

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = 61
GENES = 120


def cell_lines(n, rng, noise):
    loading = np.random.default_rng(5).normal(size=(8, GENES))
    pathway = rng.normal(size=(n, 8))
    expression = pathway @ loading + rng.normal(0, 1.5, (n, GENES))
    response = 0.8 * pathway[:, 0] + 0.6 * np.tanh(pathway[:, 1]) + 0.4 * pathway[:, 2]
    return expression, response + rng.normal(0, noise, n)


class Standard:
    def fit(self, a):
        self.mean, self.std = a.mean(0), a.std(0)
        return self

    def __call__(self, a):
        return torch.tensor((a - self.mean) / self.std, dtype=torch.float32)


class ResponseNet(nn.Module):
    def __init__(self, hidden=128):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(GENES, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                 nn.Linear(hidden, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


@torch.no_grad()
def evaluate(model, x, y):
    model.eval()
    return nn.functional.mse_loss(model(x), y).item()


def train(model, loader, x_val, y_val, epochs=80):
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    best, best_weights = float("inf"), None
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        val = evaluate(model, x_val, y_val)
        if val < best:
            best, best_weights = val, model.state_dict()
        if epoch % 8 == 0:
            print(f"epoch {epoch:3d} train {total / len(loader.dataset):.4f} validation {val:.4f}")
    model.load_state_dict(best_weights)
    return best


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    x, y = cell_lines(400, rng, noise=1.2)
    # replicated assays, with less noise
    x_val, y_val = cell_lines(150, rng, noise=0.3)
    x_test, y_test = cell_lines(400, rng, noise=0.3)
    sx, sy = Standard().fit(x), Standard().fit(y)
    loader = DataLoader(TensorDataset(sx(x), sy(y)), batch_size=25, shuffle=True)
    model = ResponseNet()
    best = train(model, loader, sx(x_val), sy(y_val))
    print(f"best validation mse {best:.4f}")
    y_test = sy(y_test)
    r2 = 1 - evaluate(model, sx(x_test), y_test) / y_test.var(unbiased=False).item()
    print(f"metric: r2 {r2:.4f}")


main()
