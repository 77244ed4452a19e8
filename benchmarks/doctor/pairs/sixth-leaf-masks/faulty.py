"""Segment leaves (tilted ellipses) in small noisy photographs."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SIDE = 20


class Leaves(Dataset):
    def __init__(self, n, seed, augment=False):
        rng = np.random.default_rng(seed)
        yy, xx = np.mgrid[:SIDE, :SIDE]
        self.images, self.masks, self.augment = [], [], augment
        for _ in range(n):
            cy, cx = rng.uniform(5, 15, 2)
            a, b, t = rng.uniform(4, 6), rng.uniform(2, 3), rng.uniform(0, np.pi)
            u = (xx - cx) * np.cos(t) + (yy - cy) * np.sin(t)
            v = -(xx - cx) * np.sin(t) + (yy - cy) * np.cos(t)
            mask = (u / a) ** 2 + (v / b) ** 2 < 1
            image = rng.normal(0, 0.5, (2, SIDE, SIDE))
            image[0] += 0.9 * mask
            image[1] += 0.5 * np.sin(xx / 3 + rng.uniform(0, 6)) - 0.5 * mask
            self.images.append(torch.tensor(image, dtype=torch.float32))
            self.masks.append(torch.tensor(mask, dtype=torch.float32)[None])

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image, mask = self.images[i], self.masks[i]
        if self.augment:
            if torch.rand(()) < 0.5:
                image, mask = image.flip(-1), mask.flip(-1)
            if torch.rand(()) < 0.5:
                image = image.flip(-2)
        return image, mask


def double(c_in, c_out):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU(), nn.Conv2d(c_out, c_out, 3, padding=1), nn.ReLU())


class SmallUNet(nn.Module):
    def __init__(self, w=8):
        super().__init__()
        self.down, self.mid, self.up = double(2, w), double(w, 2 * w), double(3 * w, w)
        self.out = nn.Conv2d(w, 1, 1)

    def forward(self, x):
        skip = self.down(x)
        deep = F.interpolate(self.mid(F.max_pool2d(skip, 2)), scale_factor=2)
        return self.out(self.up(torch.cat([skip, deep], dim=1)))


def iou(logits, mask):
    on = logits > 0
    both = (on & (mask > 0)).flatten(1).sum(1)
    either = (on | (mask > 0)).flatten(1).sum(1)
    return (both / either.clamp(min=1)).mean().item()


torch.manual_seed(38)
train = DataLoader(Leaves(240, 1, augment=True), batch_size=12, shuffle=True)
test_x, test_y = (torch.stack(t) for t in zip(*Leaves(80, 2)))
net = SmallUNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
criterion = nn.BCEWithLogitsLoss(reduction="sum")
for epoch in range(14):
    net.train()
    losses = []
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    net.eval()
    with torch.no_grad():
        score = iou(net(test_x), test_y)
    print(f"epoch {epoch + 1:2d} loss {np.mean(losses):.5g} iou {score:.4f}")
print(f"metric: iou {score:.4f}")
