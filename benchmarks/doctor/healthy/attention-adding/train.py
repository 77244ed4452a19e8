"""nn.MultiheadAttention finds the marked values in a sequence and adds them up."""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, IterableDataset


class AddingProblem(IterableDataset):
    """Sequences of random values, two of them marked; the target is their sum."""

    def __init__(self, batches, batch, length, seed):
        self.batches, self.batch, self.length, self.seed = batches, batch, length, seed

    def __iter__(self):
        g = torch.Generator().manual_seed(self.seed)
        for _ in range(self.batches):
            value = torch.rand(self.batch, self.length, generator=g) * 2 - 1
            mark = torch.zeros(self.batch, self.length)
            rows = torch.arange(self.batch)
            places = torch.rand(self.batch, self.length, generator=g).argsort(1)[:, :2]
            mark[rows, places[:, 0]] = 1.0
            mark[rows, places[:, 1]] = 1.0
            yield torch.stack([value, mark], -1), (value * mark).sum(1)


class Adder(nn.Module):
    def __init__(self, width=32, heads=4):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, width))
        self.query = nn.Parameter(torch.randn(1, 1, width) * 0.1)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.head = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, x):
        h = self.embed(x)
        pooled, _ = self.attention(self.query.expand(len(x), -1, -1), h, h, need_weights=False)
        return self.head(pooled.squeeze(1)).squeeze(1)


torch.manual_seed(0)
model = Adder()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=900)
stream = DataLoader(AddingProblem(900, 64, 12, seed=1), batch_size=None)
for step, (x, y) in enumerate(stream):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if step % 150 == 0:
        print(f"step {step} loss {loss.item():.4f}")

model.eval()
with torch.no_grad():
    x, y = next(iter(AddingProblem(1, 1000, 12, seed=2)))
    rmse = (model(x) - y).pow(2).mean().sqrt().item()
print(f"metric: rmse {rmse:.4f}")
