"""Unmix fluorophores from photon counts: spectra known, abundances from a network, Poisson likelihood."""
import argparse
from typing import Iterator

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, IterableDataset

CHANNELS, DYES = 20, 3


def reference_spectra():
    channel = np.arange(CHANNELS)
    peaks, widths = np.array([5.0, 9.0, 13.0]), np.array([2.0, 2.5, 3.0])
    s = np.exp(-0.5 * ((channel - peaks[:, None]) / widths[:, None]) ** 2)
    return torch.tensor(s / s.sum(1, keepdims=True), dtype=torch.float32)


class PhotonStream(IterableDataset):
    """Endless simulated pixels, a fresh one each time."""

    def __init__(self, spectra, seed, count):
        self.spectra, self.seed, self.count = spectra, seed, count

    def __iter__(self) -> Iterator:
        g = torch.Generator().manual_seed(self.seed)
        self.seed += 1
        for _ in range(self.count):
            amount = 400 * torch.rand(DYES, generator=g) ** 2
            counts = torch.poisson(amount @ self.spectra + 0.5, generator=g)
            yield counts, amount


class Unmixer(nn.Module):
    def __init__(self, spectra, hidden=64):
        super().__init__()
        self.register_buffer("spectra", spectra)
        self.log_background = nn.Parameter(torch.tensor(0.0))
        self.net = nn.Sequential(nn.Linear(CHANNELS, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                 nn.Linear(hidden, DYES), nn.Softplus())

    def forward(self, counts):
        total = counts.sum(1, keepdim=True).clamp(min=1)
        x = torch.sqrt(counts) / torch.sqrt(total) * 4 - 0.8
        amount = self.net(x) * total
        return amount, amount @ self.spectra + self.log_background.exp()


def evaluate(model, loader):
    model.eval()
    errors, spread = 0.0, []
    with torch.no_grad():
        for counts, amount in loader:
            errors += (model(counts)[0] - amount).square().sum(0)
            spread.append(amount)
    truth = torch.cat(spread)
    return (1 - errors / (truth - truth.mean(0)).square().sum(0)).mean().item()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=10)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--lr", type=float, default=2e-3)
    args = p.parse_args()

    torch.manual_seed(2)
    spectra = reference_spectra()
    stream = DataLoader(PhotonStream(spectra, 10, 3200), batch_size=args.batch)
    held = DataLoader(PhotonStream(spectra, 999, 1000), batch_size=500)
    model = Unmixer(spectra)
    criterion = nn.PoissonNLLLoss(log_input=False, full=False)
    decay = [q for n, q in model.named_parameters() if n.endswith("weight")]
    rest = [q for n, q in model.named_parameters() if not n.endswith("weight")]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 1e-4}, {"params": rest, "weight_decay": 0.0}],
                                  lr=args.lr)
    for r in range(args.rounds):
        model.train()
        seen, total = 0, 0.0
        for counts, _ in stream:
            _, rate = model(counts)
            loss = criterion(rate, counts)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(counts)
            seen += len(counts)
        print(f"round {r} pixels {seen} likelihood loss {total / seen:.3f}")
    print(f"metric: r2 {evaluate(model, held):.4f}")


if __name__ == "__main__":
    main()
