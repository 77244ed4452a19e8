"""Vector-quantised autoencoder for digits: a picture becomes eight symbols out of sixteen."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import Tensor, nn


class Quantiser(nn.Module):
    """Codebook with moving-average updates, one table per slot."""

    def __init__(self, slots: int, codes: int, dim: int, keep: float = 0.95) -> None:
        super().__init__()
        self.keep = keep
        self.register_buffer("table", torch.randn(slots, codes, dim) * 0.5)
        self.register_buffer("count", torch.ones(slots, codes))
        self.register_buffer("total", self.table.clone())

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        distance = (z.unsqueeze(2) - self.table).square().sum(-1)
        index = distance.argmin(-1)
        q = torch.gather(self.table.expand(len(z), -1, -1, -1), 2, index[..., None, None].expand(-1, -1, 1, z.shape[-1])).squeeze(2)
        if self.training:
            self.update(z.detach(), index)
        commitment = F.mse_loss(z, q.detach())
        return q.detach(), commitment

    def update(self, z: Tensor, index: Tensor) -> None:
        onehot = F.one_hot(index, self.table.shape[1]).to(z.dtype)
        self.count.lerp_(onehot.sum(0), 1 - self.keep)
        self.total.lerp_(torch.einsum("bsk,bsd->skd", onehot, z), 1 - self.keep)
        self.table.copy_(self.total / (self.count.unsqueeze(-1) + 1e-3))


class Model(nn.Module):
    def __init__(self, slots: int = 8, codes: int = 16, dim: int = 4, hidden: int = 96) -> None:
        super().__init__()
        self.shape = (slots, dim)
        self.encoder = nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, slots * dim))
        self.quantiser = Quantiser(slots, codes, dim)
        self.decoder = nn.Sequential(nn.Linear(slots * dim, hidden), nn.ReLU(), nn.Linear(hidden, 64))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        q, commitment = self.quantiser(self.encoder(x).view(-1, *self.shape))
        return self.decoder(q.flatten(1)), commitment


torch.manual_seed(93)
x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
x = x[torch.randperm(len(x))]
centre = x[:1400].mean(0)
train, test = x[:1400] - centre, x[1400:] - centre
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(40):
    model.train()
    total = 0.0
    for rows in torch.randperm(len(train)).split(50):
        rebuilt, commitment = model(train[rows])
        loss = F.mse_loss(rebuilt, train[rows]) + 0.02 * commitment
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    if epoch % 8 == 7:
        print(f"epoch {epoch + 1} loss {total / len(train):.5f}")
model.eval()
with torch.no_grad():
    rebuilt, _ = model(test)
print(f"metric: explained {1 - ((rebuilt - test).square().sum() / test.square().sum()).item():.4f}")
