"""Compress radiosonde ascents (temperature and dew point on 40 levels) into a short code."""
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


@dataclass
class Config:
    levels: int = 40
    hidden: int = 96
    code: int = 12
    batch: int = 50
    epochs: int = 24
    lr: float = 2e-3
    seed: int = 7


def soundings(n, cfg, rng):
    z = np.linspace(0.0, 16.0, cfg.levels)
    surface = rng.normal(288, 9, (n, 1))
    lapse = rng.normal(6.4, 0.5, (n, 1))
    tropopause = rng.normal(11.5, 1.4, (n, 1))
    strat = rng.normal(0.3, 0.8, (n, 1))
    temp = surface - lapse * np.minimum(z, tropopause) + strat * np.maximum(z - tropopause, 0)
    base = rng.uniform(0.4, 2.5, (n, 1))
    temp = temp + rng.gamma(2.0, 1.5, (n, 1)) * np.exp(-((z - base) / 0.6) ** 2)
    spread = rng.gamma(3.0, 1.5, (n, 1)) + rng.uniform(0, 2.0, (n, 1)) * z
    moist = rng.uniform(3, 8, (n, 1))
    spread = spread * (1 - 0.8 * np.exp(-((z - moist) / 1.2) ** 2))
    profile = np.stack([temp, temp - spread], axis=1)
    return profile + rng.normal(0, 0.2, profile.shape)


class ProfileCoder(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        size = 2 * cfg.levels
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(size, cfg.hidden), nn.GELU(),
            nn.Linear(cfg.hidden, cfg.hidden), nn.GELU(), nn.Linear(cfg.hidden, cfg.code))
        self.decoder = nn.Sequential(
            nn.Linear(cfg.code, cfg.hidden), nn.GELU(),
            nn.Linear(cfg.hidden, cfg.hidden), nn.GELU(), nn.Linear(cfg.hidden, size),
            nn.Unflatten(1, (2, cfg.levels)))

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Trainer:
    def __init__(self, model, cfg):
        self.model, self.cfg = model, cfg
        self.opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=1e-4)
        self.sched = torch.optim.lr_scheduler.CosineAnnealingLR(self.opt, cfg.epochs)

    def training_step(self, batch):
        return nn.functional.mse_loss(self.model(batch), batch)

    def fit(self, loader):
        for epoch in range(self.cfg.epochs):
            self.model.train()
            total = 0.0
            for (batch,) in loader:
                loss = self.training_step(batch)
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
                total += loss.item() * len(batch)
            self.sched.step()
            if epoch % 6 == 5:
                print(f"epoch {epoch + 1:3d}  mse {total / len(loader.dataset):.4f}")

    @torch.no_grad()
    def test(self, x, std):
        self.model.eval()
        return (((self.model(x) - x) * std) ** 2).mean().sqrt().item()


def main(cfg):
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    train = torch.tensor(soundings(1500, cfg, rng), dtype=torch.float32)
    test = torch.tensor(soundings(400, cfg, rng), dtype=torch.float32)
    mean, std = train.mean(0), train.std(0)
    loader = DataLoader(TensorDataset((train - mean) / std), batch_size=cfg.batch, shuffle=True)
    trainer = Trainer(ProfileCoder(cfg), cfg)
    trainer.fit(loader)
    print(f"metric: rmse_kelvin {trainer.test((test - mean) / std, std):.3f}")


if __name__ == "__main__":
    main(Config())
