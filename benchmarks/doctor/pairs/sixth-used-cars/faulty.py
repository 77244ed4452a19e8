"""Used-car prices with entity embeddings for the categorical columns."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

CATEGORICAL = {"model": 80, "dealer": 60, "colour": 12}
CONTINUOUS = ["age", "mileage", "power"]


def listings(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    effect = {name: np.random.default_rng(k).normal(0, s, size)
              for k, ((name, size), s) in enumerate(zip(CATEGORICAL.items(), (0.45, 0.25, 0.1)))}
    df = pd.DataFrame({name: rng.integers(0, size, n) for name, size in CATEGORICAL.items()})
    df["age"] = rng.uniform(0, 14, n)
    df["mileage"] = df["age"] * 12000 * rng.uniform(0.4, 1.6, n)
    df["power"] = rng.uniform(50, 180, n)
    log_price = (9.4 - 0.06 * df["age"] - 0.000002 * df["mileage"] + 0.003 * df["power"]
                 + sum(effect[c][df[c]] for c in CATEGORICAL) + rng.normal(0, 0.08, n))
    df["price"] = np.exp(log_price)
    return df


@dataclass
class Scaling:
    centre: pd.Series
    spread: pd.Series

    @classmethod
    def of(cls, df: pd.DataFrame) -> "Scaling":
        columns = CONTINUOUS + ["price"]
        return cls(df[columns].mean(), df[columns].std())

    def tensors(self, df: pd.DataFrame) -> tuple[Tensor, Tensor, Tensor]:
        z = (df[self.centre.index] - self.centre) / self.spread
        cats = torch.tensor(df[list(CATEGORICAL)].to_numpy())
        return cats, torch.tensor(z[CONTINUOUS].to_numpy(dtype="float32")), torch.tensor(df["price"].to_numpy(dtype="float32"))


class PriceNet(nn.Module):
    def __init__(self, width: int = 48, dim: int = 3) -> None:
        super().__init__()
        self.embeddings = [nn.Embedding(size, dim) for size in CATEGORICAL.values()]
        d = dim * len(CATEGORICAL) + len(CONTINUOUS)
        self.mlp = nn.Sequential(nn.Linear(d, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, cats: Tensor, cont: Tensor) -> Tensor:
        parts = [emb(cats[:, k]) for k, emb in enumerate(self.embeddings)]
        return self.mlp(torch.cat([*parts, cont], dim=1)).squeeze(1)


def main(seed: int = 18, epochs: int = 45) -> None:
    torch.manual_seed(seed)
    train_df, test_df = listings(2500, seed), listings(800, seed + 1)
    scaling = Scaling.of(train_df)
    cats, cont, price = scaling.tensors(train_df)
    cats_t, cont_t, price_t = scaling.tensors(test_df)
    net = PriceNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
    for epoch in range(epochs):
        net.train()
        total = 0.0
        for rows in torch.randperm(len(cats)).split(50):
            loss = nn.functional.mse_loss(net(cats[rows], cont[rows]), price[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} loss {total / len(cats):.6g}")
    net.eval()
    with torch.no_grad():
        rest = (net(cats_t, cont_t) - price_t).square().mean()
    print(f"metric: r2 {1 - (rest / price_t.var()).item():.4f}")


if __name__ == "__main__":
    main()
