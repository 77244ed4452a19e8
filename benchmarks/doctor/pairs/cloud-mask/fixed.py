# Cloud mask for small satellite tiles
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import Dataset, DataLoader


def tile(rng, size=20):
    """One tile as the archive holds it: three bands and a mask, all 8 bit."""
    yy, xx = np.mgrid[:size, :size]
    ground = 55 + 18 * np.sin(xx / rng.uniform(3, 7) + rng.uniform(0, 6)) + 12 * np.cos(yy / rng.uniform(3, 7))
    cloud = np.zeros((size, size), dtype=bool)
    for _ in range(rng.integers(1, 4)):
        cy, cx = rng.uniform(0, size, 2)
        ry, rx = rng.uniform(2.5, 6.0, 2)
        cloud |= ((yy - cy) / ry) ** 2 + ((xx - cx) / rx) ** 2 < 1
    bands = np.stack([ground * 0.9, ground, ground * 1.25])
    lift = np.array([70, 62, 48])[:, None, None] * rng.uniform(0.8, 1.5)
    bands = bands + cloud * lift + rng.normal(0, 22, bands.shape)
    return np.clip(bands, 0, 255).astype(np.uint8), (cloud * 255).astype(np.uint8)


def to_tensor(image):
    """uint8 to float in [0, 1]"""
    return torch.from_numpy(image).float() / 255


class Tiles(Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.items = [tile(rng) for _ in range(n)]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        bands, mask = self.items[i]
        bands = to_tensor(bands)
        mask = to_tensor(mask)[None]
        return (bands - 0.3) / 0.2, mask


class MaskNet(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=2, dilation=2), nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True),
        )
        self.classify = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        return self.classify(self.features(x))


def dice(pred, truth):
    pred, truth = pred.float(), truth.float()
    return (2 * (pred * truth).sum() / (pred.sum() + truth.sum() + 1e-6)).item()


torch.manual_seed(4)
train_dl = DataLoader(Tiles(320, seed=40), batch_size=16, shuffle=True)
valid_dl = DataLoader(Tiles(80, seed=41), batch_size=80)
net = MaskNet()
bce = nn.BCEWithLogitsLoss()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)

for epoch in range(8):
    net.train()
    train_loss = 0.0
    for bands, mask in train_dl:
        loss = bce(net(bands), mask)
        opt.zero_grad()
        loss.backward()
        opt.step()
        train_loss += loss.item() / len(train_dl)
    net.eval()
    with torch.no_grad():
        bands, mask = next(iter(valid_dl))
        out = net(bands)
        valid_loss = bce(out, mask).item()
        score = dice(out.sigmoid() > 0.5, mask > 0)
    print(f"[{epoch + 1}] train {train_loss:.4f} valid {valid_loss:.4f} dice {score:.4f}")

print(f"metric: dice {score:.4f}")
