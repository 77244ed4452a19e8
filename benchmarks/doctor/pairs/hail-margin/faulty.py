"""Hail at the ground from dual-polarisation radar, trained for a wide margin."""
import numpy as np
import pandas as pd
import torch
from torch import nn, optim

torch.manual_seed(77)
rng = np.random.default_rng(77)


def storm_cells(n):
    hail = rng.random(n) < 0.48
    size = np.where(hail, rng.gamma(4, 6, n), 0)
    cells = pd.DataFrame({
        "zh_dbz": 44 + 0.28 * size + rng.normal(0, 4, n),
        "zdr_db": np.where(hail, rng.normal(0.6, 0.9, n), rng.normal(2.2, 0.9, n)),
        "rho_hv": np.clip(np.where(hail, rng.normal(0.95, 0.02, n), rng.normal(0.975, 0.012, n)), 0.7, 1),
        "kdp_deg_km": rng.gamma(2, 0.8, n),
        "melting_level_km": rng.normal(3.6, 0.6, n),
        "echo_top_km": 9 + 0.07 * size + rng.normal(0, 1.8, n),
    })
    cells["hail"] = hail.astype(int)
    return cells


train, test = storm_cells(2000), storm_cells(1000)
columns = [c for c in train.columns if c != "hail"]
loc, scale = train[columns].mean(), train[columns].std()


def to_tensors(frame):
    x = torch.tensor(((frame[columns] - loc) / scale).values, dtype=torch.float32)
    y = torch.tensor(frame["hail"].values, dtype=torch.float32)
    return x, y


def margin_loss(score, y):
    return torch.clamp(1 - y * score, min=0).pow(2).mean()


class Scorer(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.lift = nn.Linear(n_in, 32)
        self.mix = nn.Linear(32, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        h = torch.relu(self.lift(x))
        h = h + torch.relu(self.mix(h))
        return self.out(h)[:, 0]


x_train, y_train = to_tensors(train)
x_test, y_test = to_tensors(test)
scorer = Scorer(len(columns))
sgd = optim.SGD(scorer.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
plateau = optim.lr_scheduler.ReduceLROnPlateau(sgd, factor=0.5, patience=3)

for epoch in range(30):
    scorer.train()
    seen = 0.0
    for rows in torch.randperm(len(x_train)).split(40):
        sgd.zero_grad()
        loss = margin_loss(scorer(x_train[rows]), y_train[rows])
        loss.backward()
        sgd.step()
        seen += loss.item() * len(rows)
    plateau.step(seen / len(x_train))
    if epoch % 6 == 5:
        print(f"epoch {epoch + 1:2d} loss {seen / len(x_train):.4f} lr {sgd.param_groups[0]['lr']:.4f}")

scorer.eval()
with torch.no_grad():
    hit = ((scorer(x_test) > 0) == (y_test > 0)).float().mean()
print(f"metric: accuracy {hit:.4f}")
