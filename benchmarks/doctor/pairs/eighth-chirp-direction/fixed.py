import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(31)
N_T = 96


class Chirps(Dataset):
    """Sonar pings: 0 sweeps up, 1 sweeps down, 2 constant tone."""

    def __init__(self, n, train):
        self.y = torch.randint(0, 3, (n,))
        t = torch.linspace(0, 1, N_T)
        f0 = 4 + 4 * torch.rand(n, 1)
        rate = torch.tensor([8.0, -8.0, 0.0])[self.y].unsqueeze(1) * (0.6 + 0.4 * torch.rand(n, 1))
        f0 = torch.where(rate < 0, f0 - rate, f0)
        phase = 2 * math.pi * (f0 * t + 0.5 * rate * t ** 2) + 6.28 * torch.rand(n, 1)
        self.x = torch.sin(phase) + 0.3 * torch.randn(n, N_T)
        self.train = train

    def __len__(self):
        return len(self.y)

    def augment(self, x):
        if torch.rand(()) < 0.5:
            x = -x
        x = torch.roll(x, int(torch.randint(-4, 5, ())))
        return x * (0.8 + 0.4 * torch.rand(()))

    def __getitem__(self, i):
        x = self.x[i]
        if self.train:
            x = self.augment(x)
        return x.unsqueeze(0), self.y[i]


def conv_bn(i, o):
    return nn.Sequential(nn.Conv1d(i, o, 7, padding=3), nn.BatchNorm1d(o), nn.ReLU(), nn.MaxPool1d(2))


net = nn.Sequential(conv_bn(1, 16), conv_bn(16, 32), conv_bn(32, 32), nn.Flatten(), nn.Linear(32 * 12, 3))
train_loader = DataLoader(Chirps(1500, True), batch_size=50, shuffle=True)
test = Chirps(500, False)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(8):
    net.train()
    correct = 0
    for x, y in train_loader:
        out = net(x)
        loss = nn.functional.cross_entropy(out, y)
        opt.zero_grad()
        loss.backward()
        opt.step()
        correct += (out.argmax(1) == y).sum().item()
    print(f"epoch {epoch + 1} train acc {correct / 1500:.3f}")

net.eval()
with torch.no_grad():
    acc = (net(test.x.unsqueeze(1)).argmax(1) == test.y).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
