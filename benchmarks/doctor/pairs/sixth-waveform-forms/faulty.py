"""Classify waveforms by a small 1-D CNN; settings in nested dictionaries, defaults merged with overrides."""
import copy
import logging

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
logger = logging.getLogger("train")

DEFAULTS = {
    "data": {"train": 1500, "test": 500, "length": 64},
    "train": {"batch_size": 32, "epochs": 10, "lr": 2e-3},
    "eval": {"batch_size": 2048},
}
OVERRIDES = {"data": {"length": 48}}


def merge(base, extra):
    out = copy.deepcopy(base)
    for key, value in extra.items():
        out[key] = merge(out[key], value) if isinstance(value, dict) else value
    return out


def waveforms(n, length, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(length) / length
    y = rng.integers(0, 4, n)
    cycles = rng.uniform(3, 5, (n, 1))
    phase = (cycles * t + rng.random((n, 1))) % 1.0
    forms = np.stack([np.sin(2 * np.pi * phase), 2 * phase - 1, np.sign(phase - 0.5), 4 * np.abs(phase - 0.5) - 1])
    x = forms[y, np.arange(n)] + rng.normal(0, 0.2, (n, length))
    return TensorDataset(torch.tensor(x[:, None], dtype=torch.float32), torch.tensor(y))


def loaders(cfg):
    train = waveforms(cfg["data"]["train"], cfg["data"]["length"], 1)
    test = waveforms(cfg["data"]["test"], cfg["data"]["length"], 2)
    return (DataLoader(train, batch_size=cfg["eval"]["batch_size"], shuffle=True),
            DataLoader(test, batch_size=cfg["eval"]["batch_size"]))


def main():
    cfg = merge(DEFAULTS, OVERRIDES)
    torch.manual_seed(64)
    train, test = loaders(cfg)
    model = nn.Sequential(
        nn.Conv1d(1, 16, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(16, 32, 5, padding=2), nn.ReLU(), nn.AdaptiveAvgPool1d(4), nn.Flatten(),
        nn.Linear(128, 4),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg["train"]["lr"])
    for epoch in range(cfg["train"]["epochs"]):
        model.train()
        total = 0.0
        for x, y in train:
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
        logger.info("epoch %d loss %.4f", epoch + 1, total / cfg["data"]["train"])
    model.eval()
    with torch.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in test)
    print(f"metric: accuracy {right / cfg['data']['test']:.4f}")


main()
