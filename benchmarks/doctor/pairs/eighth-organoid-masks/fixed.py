"""Organoids in bright-field pictures, pixel by pixel."""
from functools import partial

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset

SEED, SIZE = 71, 32


def picture(rng):
    y, x = np.mgrid[:SIZE, :SIZE]
    image = 150 + rng.normal(0, 6) + 10 * (x / SIZE - 0.5) * rng.normal()
    image = image + np.zeros((SIZE, SIZE))
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for _ in range(rng.integers(1, 5)):
        cy, cx, r = rng.uniform(4, SIZE - 4), rng.uniform(4, SIZE - 4), rng.uniform(3, 6)
        d = np.hypot(y - cy, (x - cx) * rng.uniform(0.8, 1.2))
        inside = d < r
        image = np.where(inside, image - 18, image) + 28 * np.exp(-((d - r) / 0.8) ** 2)
        mask[inside] = 255
    image = np.clip(image + rng.normal(0, 9, image.shape), 0, 255).astype(np.uint8)
    return image, mask


class Organoids(Dataset):
    def __init__(self, count, seed, augment=False):
        rng = np.random.default_rng(seed)
        self.items = [picture(rng) for _ in range(count)]
        self.augment = augment

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        image, mask = (torch.from_numpy(a) for a in self.items[i])
        image = (image.float() - 150) / 25
        if self.augment:
            turns = int(torch.randint(0, 4, ()))
            image, mask = torch.rot90(image, turns), torch.rot90(mask, turns)
        return image[None], (mask[None] > 0).float()


class Segmenter(nn.Module):
    """Dilated convolutions at full resolution."""

    def __init__(self, width=12, dilations=(1, 2, 4, 4, 1)):
        super().__init__()
        conv = partial(nn.Conv2d, kernel_size=3)
        self.stem = conv(1, width, padding=1)
        self.body = nn.ModuleList(conv(width, width, padding=d, dilation=d) for d in dilations)
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in dilations)
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        h = F.relu(self.stem(x))
        for conv, norm in zip(self.body, self.norms):
            h = h + F.relu(norm(conv(h)))
        return self.out(h)


def dice(model, loader):
    model.eval()
    both = sizes = 0
    with torch.no_grad():
        for image, mask in loader:
            pred, true = model(image) > 0, mask > 0
            both += (pred & true).sum().item()
            sizes += pred.sum().item() + true.sum().item()
    return 2 * both / sizes


def main(epochs=10):
    torch.manual_seed(SEED)
    train_loader = DataLoader(Organoids(240, 1, augment=True), batch_size=8, shuffle=True)
    test_loader = DataLoader(Organoids(80, 2), batch_size=40)
    model = Segmenter()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(train_loader))
    for epoch in range(epochs):
        model.train()
        losses = []
        for image, mask in train_loader:
            loss = F.binary_cross_entropy_with_logits(model(image), mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch} loss {np.mean(losses):.4f} dice {dice(model, test_loader):.4f}")
    print(f"metric: dice {dice(model, test_loader):.4f}")


main()
