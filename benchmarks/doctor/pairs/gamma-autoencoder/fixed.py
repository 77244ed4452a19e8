"""Compress gamma-ray spectra of mixed sources with an autoencoder."""
from dataclasses import dataclass, field
from typing import List

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Settings:
    channels: int = 96
    isotopes: int = 7
    hidden: List[int] = field(default_factory=lambda: [48, 10])
    n_train: int = 1200
    n_val: int = 300
    batch: int = 32
    epochs: int = 25
    lr: float = 2e-3
    seed: int = 19


def spectra(n: int, cfg: Settings, rng: np.random.Generator, lines: np.ndarray) -> np.ndarray:
    activity = rng.gamma(1.5, 60, (n, cfg.isotopes))
    counts = activity @ lines
    return np.sqrt(rng.poisson(counts + 3.0))


def emission_lines(cfg: Settings, rng: np.random.Generator) -> np.ndarray:
    channel = np.arange(cfg.channels)
    rows = []
    for _ in range(cfg.isotopes):
        peaks = rng.uniform(10, cfg.channels - 6, 2)
        row = sum(np.exp(-0.5 * ((channel - p) / (1.0 + 0.02 * p)) ** 2) for p in peaks)
        row = row + 0.12 * (channel < peaks.max())     # Compton shelf
        rows.append(row)
    return np.array(rows)


class AutoEncoder(nn.Module):
    def __init__(self, cfg: Settings) -> None:
        super().__init__()
        sizes = [cfg.channels] + cfg.hidden
        self.encoder = self.mlp(sizes)
        self.decoder = self.mlp(sizes[::-1])

    @staticmethod
    def mlp(sizes: List[int]) -> nn.Sequential:
        layers: List[nn.Module] = []
        for n_in, n_out in zip(sizes[:-1], sizes[1:]):
            layers += [nn.Linear(n_in, n_out), nn.LeakyReLU(0.1)]
        return nn.Sequential(*layers[:-1])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.encoder(x))


def main(cfg: Settings = Settings()) -> None:
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    lines = emission_lines(cfg, rng)
    train, val = spectra(cfg.n_train, cfg, rng, lines), spectra(cfg.n_val, cfg, rng, lines)
    mean, std = train.mean(0), train.std(0)
    train = torch.tensor((train - mean) / std, dtype=torch.float32)
    val = torch.tensor((val - mean) / std, dtype=torch.float32)

    model = AutoEncoder(cfg)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, cfg.epochs)
    loader = DataLoader(TensorDataset(train), cfg.batch, shuffle=True)
    for epoch in range(cfg.epochs):
        model.train()
        total = 0.0
        for (x,) in loader:
            loss = nn.functional.mse_loss(model(x), x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
        scheduler.step()
        model.eval()
        with torch.no_grad():
            val_loss = nn.functional.mse_loss(model(val), val).item()
        if epoch % 3 == 0 or epoch == cfg.epochs - 1:
            print(f"epoch {epoch:3d} train mse {total / len(train):.4f} val mse {val_loss:.4f}")
    print(f"metric: explained {1 - val_loss / val.var().item():.4f}")


if __name__ == "__main__":
    main()
