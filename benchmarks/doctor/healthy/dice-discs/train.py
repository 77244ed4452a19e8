"""Segmentation of bright discs on a noisy ground with a small U-shaped network and dice + cross-entropy."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset


class Discs(Dataset):
    def __init__(self, n, seed, size=32):
        g = torch.Generator().manual_seed(seed)
        rows, cols = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
        self.pictures, self.masks = [], []
        for _ in range(n):
            centre = torch.randint(8, size - 8, (2,), generator=g)
            radius = float(torch.rand(1, generator=g) * 4 + 3)
            mask = ((rows - centre[0]) ** 2 + (cols - centre[1]) ** 2 < radius**2).float()
            picture = 0.8 * mask + 0.5 * torch.randn(size, size, generator=g)
            self.pictures.append(picture[None])
            self.masks.append(mask[None])

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        return self.pictures[i], self.masks[i]


def double(n_in, n_out):
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, 3, padding=1),
        nn.BatchNorm2d(n_out),
        nn.ReLU(),
        nn.Conv2d(n_out, n_out, 3, padding=1),
        nn.ReLU(),
    )


class SmallUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.bottom, self.up = double(1, 8), double(8, 16), double(24, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down(x)
        b = F.interpolate(self.bottom(F.max_pool2d(a, 2)), scale_factor=2.0)
        return self.out(self.up(torch.cat([a, b], 1)))


def dice_loss(logits, mask, smooth=1.0):
    p = torch.sigmoid(logits)
    both = (p * mask).sum((1, 2, 3))
    return 1 - ((2 * both + smooth) / (p.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + smooth)).mean()


torch.manual_seed(0)
train, test = DataLoader(Discs(240, 0), batch_size=16, shuffle=True), DataLoader(Discs(60, 1), batch_size=60)
model = SmallUNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(6):
    model.train()
    for picture, mask in train:
        logits = model(picture)
        loss = dice_loss(logits, mask) + F.binary_cross_entropy_with_logits(logits, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    picture, mask = next(iter(test))
    said = (model(picture) > 0).float()
    iou = ((said * mask).sum((1, 2, 3)) / ((said + mask) > 0).float().sum((1, 2, 3))).mean().item()
print(f"metric: iou {iou:.4f}")
