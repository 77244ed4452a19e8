"""Train a small residual CNN with the linear scaling rule for the step size."""
import json
import logging
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")

DEFAULTS = json.loads('{"base_lr": 0.1, "reference_batch": 64, "batch_size": 32, "epochs": 8, "momentum": 0.9, "seed": 77}')


def textures(n, rng, size=12):
    """Stripes, checks, blobs and plain noise."""
    yy, xx = np.mgrid[:size, :size]
    out, labels = np.empty((n, 1, size, size), np.float32), rng.integers(0, 4, n)
    for i, k in enumerate(labels):
        p, o = rng.integers(3, 6), rng.integers(0, 6)
        stripes = np.sign(np.sin(2 * np.pi * (xx + o) / p + 0.3))
        checks = stripes * np.sign(np.sin(2 * np.pi * (yy + o) / p + 0.3))
        blob = 2 * np.exp(-((xx - rng.integers(3, 9)) ** 2 + (yy - rng.integers(3, 9)) ** 2) / 5) - 0.5
        out[i, 0] = (stripes, checks, blob, np.zeros_like(blob))[k] * 0.7 + rng.normal(0, 0.6, (size, size))
    return torch.from_numpy(out), torch.from_numpy(labels)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, c, 3, padding=1)

    def forward(self, x):
        return F.relu(x + self.conv2(F.relu(self.conv1(x))))


def build():
    return nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), Block(12), nn.MaxPool2d(2), Block(12),
                         nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(108, 4))


def scaled_lr(cfg):
    return cfg.base_lr * cfg.batch_size / cfg.reference_batch


def main(cfg):
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    x, y = textures(960, rng)
    x_test, y_test = textures(400, rng)
    model = build()
    opt = torch.optim.SGD(model.parameters(), lr=scaled_lr(cfg), momentum=cfg.momentum)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, cfg.epochs)
    for epoch in range(cfg.epochs):
        total = 0.0
        for rows in torch.randperm(len(x)).split(cfg.batch_size):
            opt.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 2.0)
            opt.step()
            total += loss.item()
        sched.step()
        logging.info("epoch %d loss %.4f", epoch + 1, total / (len(x) / cfg.batch_size))
    with torch.no_grad():
        return (model(x_test).argmax(1) == y_test).float().mean().item()


print("metric: accuracy %.4f" % main(SimpleNamespace(**DEFAULTS)))
