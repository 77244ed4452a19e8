"""Spectral type of a star (O to M, seven classes) from a low resolution spectrum."""
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

TEMPERATURES = [35000, 18000, 8800, 6700, 5600, 4500, 3300]
LINES = {410: (9500, 4000), 434: (9500, 4000), 486: (9500, 4500), 447: (24000, 8000), 393: (5200, 1300),
         431: (5300, 1000), 517: (4700, 1200), 620: (3200, 500), 670: (3300, 450)}


@dataclass
class Options:
    train: int = 1400
    test: int = 500
    epochs: int = 14
    batch: int = 32
    lr: float = 5e-3
    momentum: float = 0.9
    seed: int = 23


def spectrum(temperature, wave, rng):
    planck = 1 / (wave / 500) ** 5 / np.expm1(1.4388e7 / (wave * temperature))
    flux = planck / np.interp(550, wave, planck)
    for centre, (best, spread) in LINES.items():
        depth = 0.6 * np.exp(-0.5 * ((temperature - best) / spread) ** 2) * rng.uniform(0.8, 1.2)
        flux = flux * (1 - depth * np.exp(-0.5 * ((wave - centre) / 4) ** 2))
    reddening = np.exp(-rng.uniform(0, 0.4) * (550 / wave))
    return flux * reddening + rng.normal(0, 0.03, len(wave))


class Stars(Dataset):
    def __init__(self, count, rng):
        self.wave = np.linspace(385, 690, 128)
        self.kind = torch.tensor(rng.integers(0, 7, count))
        t = np.array(TEMPERATURES)[self.kind] * rng.normal(1, 0.04, count)
        flux = np.stack([spectrum(k, self.wave, rng) for k in t])
        flux = (flux - flux.mean(1, keepdims=True)) / flux.std(1, keepdims=True)
        self.flux = torch.tensor(flux, dtype=torch.float32).unsqueeze(1)

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, i):
        return self.flux[i], self.kind[i]


class SpectralNet(nn.Module):
    def __init__(self, classes=7):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 8, 7, padding=3)
        self.conv2 = nn.Conv1d(8, 16, 5, padding=2)
        self.pool = nn.MaxPool1d(4)
        self.head = nn.Linear(16 * 8, classes)

    def forward(self, x):
        h = self.pool(torch.relu(self.conv1(x)))
        h = self.pool(torch.relu(self.conv2(h)))
        return torch.softmax(self.head(h.flatten(1)), dim=1)


def run_epoch(model, loader, criterion, optimizer=None):
    model.train(optimizer is not None)
    total, right, seen = 0.0, 0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for flux, kind in loader:
            out = model(flux)
            loss = criterion(out, kind)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item() * len(kind)
            right += (out.argmax(1) == kind).sum().item()
            seen += len(kind)
    return total / seen, right / seen


def main(opt=Options()):
    torch.manual_seed(opt.seed)
    rng = np.random.default_rng(opt.seed)
    train_loader = DataLoader(Stars(opt.train, rng), opt.batch, shuffle=True)
    test_loader = DataLoader(Stars(opt.test, rng), 250)
    model = SpectralNet()
    criterion = nn.NLLLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=opt.lr, momentum=opt.momentum)
    for epoch in range(opt.epochs):
        loss, acc = run_epoch(model, train_loader, criterion, optimizer)
        val_loss, val_acc = run_epoch(model, test_loader, criterion)
        print(f"{epoch:2d} train {loss:.4f}/{acc:.3f} test {val_loss:.4f}/{val_acc:.3f}")
    print(f"metric: accuracy {val_acc:.4f}")


main()
