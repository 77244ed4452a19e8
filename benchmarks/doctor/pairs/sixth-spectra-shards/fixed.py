"""Stream spectra from shards, one shard per material."""
import random
from typing import Iterable, Iterator

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

BANDS, MATERIALS, PER_SHARD = 60, 6, 220


def shard(material: int, count: int, seed: int) -> list[tuple[np.ndarray, int]]:
    rng = np.random.default_rng([seed, material])
    grid = np.arange(BANDS)
    peaks = np.random.default_rng(material).uniform(5, 55, 3)
    rows = []
    for _ in range(count):
        centre = peaks + rng.normal(0, 1.0, 3)
        height = rng.uniform(0.5, 1.3, 3)
        s = sum(h * np.exp(-0.5 * ((grid - c) / 3) ** 2) for h, c in zip(height, centre))
        rows.append(((s + rng.normal(0, 0.25, BANDS)).astype(np.float32), material))
    return rows


def buffered(items: Iterable, size: int, rng: random.Random) -> Iterator:
    buffer: list = []
    for item in items:
        if len(buffer) < size:
            buffer.append(item)
            continue
        k = rng.randrange(size)
        yield buffer[k]
        buffer[k] = item
    rng.shuffle(buffer)
    yield from buffer


class ShardStream(IterableDataset):
    def __init__(self, shards, buffer_size: int = 0, seed: int = 0):
        self.shards, self.buffer_size = shards, buffer_size
        self.rng = random.Random(seed)

    def __iter__(self):
        order = list(range(len(self.shards)))
        self.rng.shuffle(order)
        flow = (item for k in order for item in self.shards[k])
        yield from buffered(flow, self.buffer_size, self.rng) if self.buffer_size > 0 else flow


torch.manual_seed(50)
train_shards = [shard(m, PER_SHARD, 1) for m in range(MATERIALS)]
test_rows = [row for m in range(MATERIALS) for row in shard(m, 60, 2)]
stream = ShardStream(train_shards, buffer_size=PER_SHARD * MATERIALS, seed=50)
loader = DataLoader(stream, batch_size=32)

model = nn.Sequential(nn.Linear(BANDS, 64), nn.ReLU(), nn.Linear(64, MATERIALS))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
for epoch in range(10):
    model.train()
    losses = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch} loss {np.mean(losses):.4f}")

model.eval()
x = torch.tensor(np.array([r[0] for r in test_rows]))
y = torch.tensor([r[1] for r in test_rows])
with torch.no_grad():
    print("metric: accuracy", round((model(x).argmax(1) == y).float().mean().item(), 4))
