"""Surface type of multispectral patches; the test patches arrive tile by tile, one surface type per tile."""
import argparse

import numpy as np
import torch
from torch import nn

TYPES = ("water", "dune", "crop rows", "forest", "snow")


def patches(n_tiles, per_tile, rng):
    yy, xx = np.mgrid[0:12, 0:12]
    tiles = []
    for tile in range(n_tiles):
        kind = tile % len(TYPES)
        haze = rng.normal(0, 0.04)
        image = np.zeros((per_tile, 3, 12, 12))
        for k in range(per_tile):
            a, p = rng.uniform(0, np.pi), rng.uniform(0, 6.28)
            wave = np.sin((np.cos(a) * xx + np.sin(a) * yy) * {1: 0.6, 2: 2.0}.get(kind, 1.2) + p)
            rough = (0.03, 0.05, 0.06, 0.10, 0.03)[kind]
            texture = wave * (0.0, 0.10, 0.10, 0.0, 0.03)[kind] + rng.normal(0, rough, (12, 12))
            band = np.array([(.10, .08, .05), (.34, .30, .36), (.24, .26, .38), (.14, .15, .38), (.42, .41, .38)][kind])
            image[k] = band[:, None, None] * rng.normal(1, 0.25) + haze + texture
        tiles.append((torch.tensor((image - 0.26) / 0.14, dtype=torch.float32), torch.full((per_tile,), kind)))
    return tiles


class PatchNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2 * width, len(TYPES)))

    def forward(self, x):
        return self.body(x)


def train_epoch(net, optimizer, x, y, batch):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(x)).split(batch):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    return total / len(x)


@torch.no_grad()
def tile_accuracy(net, tiles):
    net.train(False)
    return torch.cat([net(x).argmax(1) == y for x, y in tiles]).float().mean().item()


def main(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--width", type=int, default=12)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args(argv)
    torch.manual_seed(66)
    rng = np.random.default_rng(66)
    x, y = (torch.cat(part) for part in zip(*patches(50, 20, rng)))
    test = patches(25, 16, rng)
    net = PatchNet(args.width)
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9, weight_decay=1e-4)
    for epoch in range(args.epochs):
        loss = train_epoch(net, optimizer, x, y, args.batch)
        print(f"epoch {epoch + 1} loss {loss:.4f} accuracy {tile_accuracy(net, test):.4f}")
    print(f"metric: accuracy {tile_accuracy(net, test):.4f}")


main([])
