import numpy as np
import torch
import torch.nn as nn

rng = np.random.default_rng(23)
torch.manual_seed(23)

n_users, n_movies = 150, 100
pu, qi = rng.normal(size=(n_users, 3)), rng.normal(size=(n_movies, 3))
bu, bi = rng.normal(size=n_users) * 0.4, rng.normal(size=n_movies) * 0.5
u = rng.integers(0, n_users, 8000)
m = rng.integers(0, n_movies, 8000)
raw = 3.3 + bu[u] + bi[m] + 0.45 * (pu[u] * qi[m]).sum(1) + 0.3 * rng.normal(size=8000)
stars = np.clip(np.round(raw * 2) / 2, 0.5, 5.0)
data = torch.tensor(np.stack([u, m], 1)), torch.tensor(stars, dtype=torch.float32)
train_idx, test_idx = torch.arange(6800), torch.arange(6800, 8000)


class Recommender(nn.Module):
    def __init__(self, dim=6):
        super().__init__()
        self.mean = nn.Parameter(torch.tensor(3.0))
        self.u, self.m = nn.Embedding(n_users, dim), nn.Embedding(n_movies, dim)
        self.ub, self.mb = nn.Embedding(n_users, 1), nn.Embedding(n_movies, 1)
        for e in (self.u, self.m):
            nn.init.normal_(e.weight, std=0.1)
        for e in (self.ub, self.mb):
            nn.init.zeros_(e.weight)

    def forward(self, pairs):
        a, b = pairs[:, 0], pairs[:, 1]
        return self.mean + self.ub(a).squeeze(1) + self.mb(b).squeeze(1) + (self.u(a) * self.m(b)).sum(1)


class Trainer:
    def __init__(self, model, accumulate, batch_size, lr):
        self.model = model
        self.accumulate = accumulate
        self.batch_size = batch_size
        self.opt = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=1e-4)

    def epoch(self, idx):
        idx = idx[torch.randperm(len(idx))]
        total = 0.0
        self.opt.zero_grad()
        for i, rows in enumerate(idx.split(self.batch_size)):
            loss = nn.functional.mse_loss(self.model(data[0][rows]), data[1][rows])
            (loss / self.accumulate).backward()
            total += loss.item() * len(rows)
            if (i + 1) % self.accumulate == 0:
                self.opt.step()
                self.opt.zero_grad()
        return total / len(idx)


trainer = Trainer(Recommender(), accumulate=128, batch_size=100, lr=5e-3)
for ep in range(40):
    err = trainer.epoch(train_idx)
    if ep % 10 == 9:
        print(f"epoch {ep + 1} mse {err:.4f}")

with torch.no_grad():
    pred = trainer.model(data[0][test_idx]).clamp(0.5, 5.0)
print(f"metric: rmse {(pred - data[1][test_idx]).pow(2).mean().sqrt().item():.4f}")
