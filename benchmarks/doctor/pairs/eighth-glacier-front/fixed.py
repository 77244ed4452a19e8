"""Ice or open water per pixel of radar scenes of a calving front."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

CONFIG = dict(size=32, train=300, test=80, width=12, batch=10, epochs=12, lr=4e-3, decay=1e-4,
              step_size=1, gamma=0.8, seed=10)


class RadarScenes(Dataset):
    def __init__(self, count, size, seed):
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[:size, :size] / size
        images, masks = [], []
        for _ in range(count):
            front = rng.uniform(0.3, 0.7) + sum(rng.normal(0, 0.08 / k) * np.sin(2 * np.pi * k * x + rng.uniform(0, 6))
                                                 for k in (1, 2, 3))
            ice = y < front
            for _ in range(rng.integers(2, 6)):
                cy, cx, r = rng.uniform(0.5, 1), rng.uniform(0, 1), rng.uniform(0.04, 0.08)
                ice |= (y - cy) ** 2 + (x - cx) ** 2 < r * r
            back = np.where(ice, rng.uniform(0.45, 0.6), rng.uniform(0.28, 0.4))
            image = back * rng.gamma(12, 1 / 12, back.shape)
            images.append(np.log(image + 1e-2))
            masks.append(ice)
        images = np.stack(images)
        self.images = torch.tensor((images + 1.0) / 0.5, dtype=torch.float32)[:, None]
        self.masks = torch.tensor(np.stack(masks), dtype=torch.float32)[:, None]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        return self.images[i], self.masks[i]


def block(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.GroupNorm(4, b), nn.ReLU(inplace=True))


class SmallUNet(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.a, self.b, self.c = block(1, w), block(w, 2 * w), block(2 * w, 2 * w)
        self.pool = nn.AvgPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.d, self.e = block(4 * w, w), block(2 * w, w)
        self.out = nn.Conv2d(w, 1, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(self.pool(a))
        c = self.c(self.pool(b))
        d = self.d(torch.cat([self.up(c), b], 1))
        return self.out(self.e(torch.cat([self.up(d), a], 1)))


def dice_loss(logits, mask):
    p = logits.sigmoid()
    inter = (p * mask).sum((1, 2, 3))
    return 1 - ((2 * inter + 1) / (p.sum((1, 2, 3)) + mask.sum((1, 2, 3)) + 1)).mean()


def iou(model, loader):
    model.eval()
    inter = union = 0
    with torch.no_grad():
        for x, mask in loader:
            p, t = model(x) > 0, mask > 0.5
            inter += (p & t).sum().item()
            union += (p | t).sum().item()
    return inter / union


def main(cfg):
    torch.manual_seed(cfg["seed"])
    train_loader = DataLoader(RadarScenes(cfg["train"], cfg["size"], 1), cfg["batch"], shuffle=True)
    test_loader = DataLoader(RadarScenes(cfg["test"], cfg["size"], 2), 40)
    model = SmallUNet(cfg["width"])
    optimizer = torch.optim.AdamW(model.parameters(), lr=cfg["lr"], weight_decay=cfg["decay"])
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, cfg["step_size"], cfg["gamma"])
    bce = nn.BCEWithLogitsLoss()
    for epoch in range(cfg["epochs"]):
        model.train()
        total = 0.0
        for x, mask in train_loader:
            logits = model(x)
            loss = bce(logits, mask) + dice_loss(logits, mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(f"epoch {epoch:2d} loss {total / len(train_loader):.4f} iou {iou(model, test_loader):.4f}")
    print(f"metric: iou {iou(model, test_loader):.4f}")


main(CONFIG)
