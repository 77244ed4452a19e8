"""Local magnitude from three-component waveforms: 1-D convolutions, station distance given by the S-P delay."""
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn

cfg = SimpleNamespace(seed=18, samples=128, train=800, test=400, epochs=12, batch=32, lr=3e-3)
torch.manual_seed(cfg.seed)


def records(n, rng):
    t = np.arange(cfg.samples)
    magnitude = rng.uniform(1.0, 4.0, n)
    distance = rng.uniform(10, 80, n)
    p_arrival = rng.uniform(8, 14, n)
    s_arrival = p_arrival + distance * 0.9
    level = 10 ** (magnitude - 1.6 * np.log10(distance) - 1.0)
    out = np.zeros((n, 3, cfg.samples))
    for k in range(n):
        coda_p = np.where(t > p_arrival[k], np.exp(-(t - p_arrival[k]) / 12), 0)
        coda_s = np.where(t > s_arrival[k], np.exp(-(t - s_arrival[k]) / 18), 0)
        for c, (p, s) in enumerate([(0.5, 1.0), (0.3, 0.6), (0.3, 0.8)]):
            out[k, c] = level[k] * (p * coda_p + s * coda_s) * rng.normal(0, 1, cfg.samples)
    out += rng.normal(0, 1e-5, out.shape)
    counts = np.sign(out) * np.abs(out) ** 0.25
    return torch.tensor(counts, dtype=torch.float32), torch.tensor(magnitude, dtype=torch.float32)


class MagnitudeNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.features = nn.Sequential(
            nn.BatchNorm1d(3),
            nn.Conv1d(3, width, 7, stride=2, padding=3), nn.LeakyReLU(0.1),
            nn.Conv1d(width, 2 * width, 5, stride=2, padding=2), nn.LeakyReLU(0.1),
            nn.Conv1d(2 * width, 2 * width, 5, stride=2, padding=2), nn.LeakyReLU(0.1),
        )
        self.regress = nn.Sequential(nn.Flatten(), nn.Linear(2 * width * cfg.samples // 8, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, waveform):
        return self.regress(self.features(waveform))[:, 0]


def main():
    rng = np.random.default_rng(cfg.seed)
    waves, magnitude = records(cfg.train, rng)
    waves_test, magnitude_test = records(cfg.test, rng)
    middle = magnitude.mean()
    net = MagnitudeNet()
    steps = cfg.epochs * -(-cfg.train // cfg.batch)
    optimizer = torch.optim.AdamW(net.parameters(), lr=cfg.lr, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=cfg.lr, total_steps=steps)
    for epoch in range(cfg.epochs):
        net.train()
        losses = []
        for idx in torch.randperm(cfg.train).split(cfg.batch):
            loss = nn.functional.mse_loss(net(waves[idx]), magnitude[idx] - middle)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1:2d} mse {np.mean(losses):.4f}")
    net.eval()
    with torch.no_grad():
        mae = (net(waves_test) + middle - magnitude_test).abs().mean()
    print(f"metric: mae_magnitude {mae:.4f}")


if __name__ == "__main__":
    main()
