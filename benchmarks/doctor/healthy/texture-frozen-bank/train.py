"""Rock-fabric orientation classes from thin-section patches, fixed Gabor bank and a small trained head."""
import math

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(41)
SIZE, CLASSES = 24, 6
yy, xx = torch.meshgrid(torch.arange(SIZE) - SIZE / 2, torch.arange(SIZE) - SIZE / 2, indexing="ij")


def patches(n):
    label = torch.randint(CLASSES, (n,))
    angle = (label * math.pi / CLASSES + 0.08 * torch.randn(n))[:, None, None]
    freq = (0.8 + 0.3 * torch.rand(n))[:, None, None]
    phase = (6.28 * torch.rand(n))[:, None, None]
    img = torch.sin(freq * (xx * torch.cos(angle) + yy * torch.sin(angle)) + phase)
    img = img + 0.9 * torch.randn(n, SIZE, SIZE)
    return img[:, None], label


def gabor_bank(k=9, orientations=8):
    r = torch.arange(k) - k // 2
    gy, gx = torch.meshgrid(r, r, indexing="ij")
    kernels = []
    for i in range(orientations):
        a = i * math.pi / orientations
        u = gx * math.cos(a) + gy * math.sin(a)
        env = torch.exp(-(gx ** 2 + gy ** 2) / (2 * 2.5 ** 2))
        kernels += [env * torch.cos(0.95 * u), env * torch.sin(0.95 * u)]
    w = torch.stack(kernels)[:, None]
    return w / w.flatten(1).norm(dim=1)[:, None, None, None]


class FabricNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.bank = nn.Conv2d(1, 16, 9, bias=False)
        with torch.no_grad():
            self.bank.weight.copy_(gabor_bank())
        self.bank.weight.requires_grad_(False)
        self.head = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, CLASSES))

    def forward(self, x):
        with torch.no_grad():
            r = self.bank(x)
            energy = (r[:, 0::2] ** 2 + r[:, 1::2] ** 2).mean((2, 3))
        return self.head(energy)


model = FabricNet()
opt = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
loader = DataLoader(TensorDataset(*patches(1200)), batch_size=12, shuffle=True)
x_test, y_test = patches(400)
ACCUMULATE = 4
for epoch in range(10):
    model.train()
    total = 0.0
    for i, (x, y) in enumerate(loader):
        loss = F.cross_entropy(model(x), y)
        (loss / ACCUMULATE).backward()
        total += loss.item()
        if (i + 1) % ACCUMULATE == 0:
            opt.step()
            opt.zero_grad()
    print(f"epoch {epoch} loss {total / len(loader):.4f}")
model.eval()
with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
