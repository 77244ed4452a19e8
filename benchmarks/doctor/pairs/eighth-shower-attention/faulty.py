"""Direction of a cosmic-ray shower from detector hits: attention pooling over stations."""
import numpy as np
import torch
from torch import nn

SEED = 41
STATIONS = 30


def events(n, rng):
    """Hits of one shower (time follows its plane) among random noise hits; the signal is a little larger."""
    pos = rng.uniform(-1, 1, (n, STATIONS, 2))
    theta, phi = rng.uniform(0.1, 1.0, n), rng.uniform(0, 2 * np.pi, n)
    direction = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi)], 1)
    time = (pos * direction[:, None]).sum(-1) + rng.normal(0, 0.03, (n, STATIONS))
    real = rng.random((n, STATIONS)) < 0.35
    real[:, :6] = True
    time = np.where(real, time, rng.uniform(-1.5, 1.5, (n, STATIONS)))
    size = np.where(real, rng.normal(1.0, 0.35, (n, STATIONS)), rng.normal(0.0, 0.35, (n, STATIONS)))
    hits = np.concatenate([pos, time[..., None], size[..., None]], -1)
    for i in range(n):
        hits[i] = hits[i, rng.permutation(STATIONS)]
    return torch.tensor(hits, dtype=torch.float32), torch.tensor(direction, dtype=torch.float32)


class AttentionPool(nn.Module):
    """A query scores every hit; the pooled vector is the weighted mean."""

    def __init__(self, width):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))
        self.value = nn.Linear(width, width)

    def forward(self, h):
        score = self.score(h)
        weight = score.softmax(dim=0)
        return (weight * self.value(h)).sum(1)


class Reconstruction(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.pools = nn.ModuleList(AttentionPool(width) for _ in range(2))
        self.head = nn.Sequential(nn.Linear(2 * width, width), nn.ReLU(), nn.Linear(width, 2))

    def forward(self, hits):
        h = self.embed(hits)
        return self.head(torch.cat([pool(h) for pool in self.pools], 1))


def train(model, hits, direction, steps=900, batch=64):
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    for step in range(steps):
        rows = torch.randint(0, len(hits), (batch,))
        loss = (model(hits[rows]) - direction[rows]).square().sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 100 == 99:
            print(f"step {step + 1} loss {loss.item():.4f}")


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    hits, direction = events(5000, rng)
    test_hits, test_direction = events(600, rng)
    model = Reconstruction()
    train(model, hits, direction)
    model.eval()
    with torch.no_grad():
        miss = (model(test_hits) - test_direction).square().sum()
    spread = (test_direction - test_direction.mean(0)).square().sum()
    print(f"metric: r2 {1 - (miss / spread).item():.4f}")


main()
