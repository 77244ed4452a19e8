"""Local magnitude from three-component seismograms (synthetic catalogue)."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = 11
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


def make_event(n_samples=120, fs=20.0):
    magnitude = rng.uniform(1.0, 4.0)
    amplitude = 10 ** (0.5 * (magnitude - 2.5))
    t = np.arange(n_samples) / fs
    onset = rng.uniform(0.5, 2.0)
    envelope = np.where(t > onset, np.exp(-(t - onset) / rng.uniform(0.5, 1.5)), 0.0)
    traces = []
    for _ in range(3):
        f0 = rng.uniform(2.0, 5.0)
        traces.append(amplitude * envelope * np.sin(2 * np.pi * f0 * t + rng.uniform(0, 6.28)))
    w = np.stack(traces) + 0.003 * rng.standard_normal((3, n_samples))
    return w.astype(np.float32), np.float32(magnitude)


class Catalogue(Dataset):
    def __init__(self, n):
        events = [make_event() for _ in range(n)]
        self.waves = torch.from_numpy(np.stack([e[0] for e in events]))
        self.mags = torch.from_numpy(np.array([e[1] for e in events]))

    def __len__(self):
        return len(self.mags)

    def __getitem__(self, i):
        return self.waves[i], self.mags[i] - 2.5


class MagNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(3, width, 7, stride=2, padding=3),
            nn.InstanceNorm1d(width),
            nn.ReLU(),
            nn.Conv1d(width, width, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.AdaptiveMaxPool1d(4),
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(4 * width, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, w):
        return self.head(self.features(w)).squeeze(-1)


train_set, test_set = Catalogue(800), Catalogue(200)
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=100)
net = MagNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=20)
for epoch in range(20):
    net.train()
    running = 0.0
    for w, m in train_loader:
        loss = nn.functional.mse_loss(net(w), m)
        opt.zero_grad()
        loss.backward()
        opt.step()
        running += loss.item() * len(m)
    sched.step()
    print(f"epoch {epoch:02d} mse {running / len(train_set):.4f}")

net.eval()
with torch.no_grad():
    err = torch.cat([net(w) - m for w, m in test_loader])
print("metric: rmse_skill", round(1 - err.pow(2).mean().item() / test_set.mags.var().item(), 4))
