"""Disease progression after one year from ten baseline measurements."""
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn


@dataclass
class Standardised:
    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: np.ndarray
    y_scaler: StandardScaler


def load(seed: int) -> Standardised:
    bunch = load_diabetes(scaled=False)
    x_tr, x_te, y_tr, y_te = train_test_split(bunch.data, bunch.target, test_size=0.25, random_state=seed)
    xs, ys = StandardScaler().fit(x_tr), StandardScaler().fit(y_tr[:, None])
    as_tensor = lambda a: torch.tensor(a, dtype=torch.float32)
    return Standardised(as_tensor(xs.transform(x_tr)), as_tensor(ys.transform(y_tr[:, None])),
                        as_tensor(xs.transform(x_te)), y_te, ys)


def train(data: Standardised, epochs: int = 40) -> nn.Module:
    model = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Dropout(0.1), nn.Linear(16, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for rows in torch.randperm(len(data.x_train)).split(16):
            loss = nn.functional.mse_loss(model(data.x_train[rows]), data.y_train[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1} mse {total / len(data.x_train):.4f}")
    return model


def score(model: nn.Module, data: Standardised) -> float:
    model.eval()
    with torch.no_grad():
        predicted = data.y_scaler.inverse_transform(model(data.x_test).numpy())
    return r2_score(data.y_test, predicted[:, 0])


if __name__ == "__main__":
    torch.manual_seed(10)
    data = load(seed=10)
    print(f"metric: r2 {score(train(data), data):.4f}")
