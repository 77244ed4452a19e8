"""Matrix factorisation of a ratings table with biases."""
from typing import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

USERS, ITEMS, RANK = 120, 90, 4


def simulate(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    u, v = rng.normal(size=(USERS, RANK)), rng.normal(size=(ITEMS, RANK))
    bu, bi = 0.3 * rng.normal(size=USERS), 0.4 * rng.normal(size=ITEMS)
    full = 3.2 + bu[:, None] + bi[None] + 0.45 * u @ v.T + 0.15 * rng.normal(size=(USERS, ITEMS))
    user, item = np.divmod(rng.permutation(USERS * ITEMS)[:6000], ITEMS)
    return pd.DataFrame({"user": user, "item": item, "rating": full[user, item]})


class Factors(nn.Module):
    def __init__(self, users: int, items: int, k: int, mean: float) -> None:
        super().__init__()
        self.mean = mean
        self.p = nn.Parameter(torch.zeros(users, k))
        self.q = nn.Parameter(torch.zeros(items, k))
        self.user_bias = nn.Parameter(torch.zeros(users))
        self.item_bias = nn.Parameter(torch.zeros(items))

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        inner = torch.einsum("bk,bk->b", self.p[user], self.q[item])
        return self.mean + self.user_bias[user] + self.item_bias[item] + inner


def stream(frame: pd.DataFrame, size: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    shuffled = frame.iloc[rng.permutation(len(frame))]
    for start in range(0, len(frame), size):
        part = shuffled.iloc[start:start + size]
        yield (torch.tensor(part["user"].to_numpy()), torch.tensor(part["item"].to_numpy()),
               torch.tensor(part["rating"].to_numpy(), dtype=torch.float32))


torch.manual_seed(2)
table = simulate(2)
train, test = table.iloc[:5000], table.iloc[5000:]
model = Factors(USERS, ITEMS, RANK, float(train["rating"].mean()))
optimizer = torch.optim.Adam([
    {"params": [model.p, model.q], "weight_decay": 1e-3},
    {"params": [model.user_bias, model.item_bias]},
], lr=1e-2)
order = np.random.default_rng(3)

for epoch in range(25):
    squared = 0.0
    for user, item, rating in stream(train, 128, order):
        error = model(user, item) - rating
        loss = error.square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        squared += error.detach().square().sum().item()
    if (epoch + 1) % 5 == 0:
        print(f"epoch {epoch + 1} train rmse {np.sqrt(squared / len(train)):.4f}")

with torch.no_grad():
    guess = model(torch.tensor(test["user"].to_numpy()), torch.tensor(test["item"].to_numpy())).numpy()
print("metric: rmse", round(float(np.sqrt(np.mean((guess - test["rating"].to_numpy()) ** 2))), 4))
