"""Probability of slope failure from a terrain inventory: few mapped slopes, many derived attributes."""
import numpy as np
import torch
from torch import nn

SEED = 31
SLOPES, HELD_OUT, ATTRIBUTES = 240, 800, 60


def inventory(rng):
    n = SLOPES + HELD_OUT
    factors = rng.normal(size=(n, 12))
    loading = rng.normal(size=(12, ATTRIBUTES)) / 12**0.5
    table = factors @ loading + 0.7 * rng.normal(size=(n, ATTRIBUTES))
    steep, wet, forest, rock = factors[:, :4].T
    hazard = 1.8 * steep + 1.5 * wet - 1.1 * forest - 0.8 * rock
    failed = rng.random(n) < 1 / (1 + np.exp(-hazard))
    return table, failed.astype(np.float32)


class SlopeNet(nn.Module):
    def __init__(self, n_in, width=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(n_in, width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, 1))

    def forward(self, table):
        return self.net(table).squeeze(1)


def fit(model, x, y, optimizer, epochs=100):
    for epoch in range(1, epochs + 1):
        model.train()
        seen = 0.0
        for idx in torch.randperm(len(x)).split(16):
            optimizer.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
            seen += loss.item() * len(idx)
        if epoch % 20 == 0:
            yield epoch, seen / len(x)


def main():
    torch.manual_seed(SEED)
    table, failed = inventory(np.random.default_rng(SEED))
    mean, std = table[:SLOPES].mean(0), table[:SLOPES].std(0)
    x = torch.tensor((table - mean) / std, dtype=torch.float32)
    y = torch.from_numpy(failed)
    x_train, x_held, y_train, y_held = x[:SLOPES], x[SLOPES:], y[:SLOPES], y[SLOPES:]
    model = SlopeNet(ATTRIBUTES)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=0.06)
    for epoch, train_loss in fit(model, x_train, y_train, optimizer):
        model.eval()
        with torch.no_grad():
            held = nn.functional.binary_cross_entropy_with_logits(model(x_held), y_held).item()
        print(f"epoch {epoch}: train {train_loss:.4f}, held out {held:.4f}")
    print(f"metric: log_loss {held:.4f}")


if __name__ == "__main__":
    main()
