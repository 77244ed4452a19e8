"""Match a molecule's infrared and Raman spectra: two encoders, symmetric contrastive loss."""
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

GRID = np.linspace(0, 1, 100)


def simulate(n, rng):
    """Both spectra show the same bonds, with other strengths and resolution."""
    ir, raman = np.zeros((n, 100)), np.zeros((n, 100))
    for i in range(n):
        for centre in rng.uniform(0.05, 0.95, rng.integers(3, 6)):
            ir[i] += rng.uniform(0.4, 1) * np.exp(-0.5 * ((GRID - centre) / 0.02) ** 2)
            raman[i] += rng.uniform(0.4, 1) / (1 + ((GRID - centre) / 0.012) ** 2)
    ir += rng.normal(0, 0.03, ir.shape)
    raman += rng.normal(0, 0.03, raman.shape)
    return (torch.tensor(ir, dtype=torch.float32), torch.tensor(raman, dtype=torch.float32))


class Encoder(nn.Module):
    def __init__(self, out=32):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(100, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, out))

    def forward(self, spectrum):
        spectrum = spectrum - spectrum.mean(1, keepdim=True)
        return F.normalize(self.net(spectrum / spectrum.norm(dim=1, keepdim=True) * 10), dim=1)


class Matcher(nn.Module):
    def __init__(self):
        super().__init__()
        self.towers = nn.ModuleDict({"ir": Encoder(), "raman": Encoder()})
        self.log_temperature = nn.Parameter(torch.tensor(math.log(1 / 0.1)))

    def similarity(self, ir, raman):
        return self.towers["ir"](ir) @ self.towers["raman"](raman).T

    def loss(self, ir, raman):
        logits = self.similarity(ir, raman) * self.log_temperature.exp().clamp(max=100)
        target = torch.arange(len(logits))
        return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def recall(model, ir, raman, k=1, gallery=100):
    hits = 0
    with torch.no_grad():
        for a, b in zip(ir.split(gallery), raman.split(gallery)):
            best = model.similarity(a, b).topk(k, dim=1).indices
            hits += (best == torch.arange(len(a))[:, None]).any(1).sum().item()
    return hits / len(ir)


def main():
    torch.manual_seed(9)
    rng = np.random.default_rng(9)
    ir, raman = simulate(4000, rng)
    ir_test, raman_test = simulate(500, rng)
    model = Matcher()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    steps_per_epoch, epochs = 4000 // 100, 16
    warm = 40
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: min((s + 1) / warm, 0.5 * (1 + math.cos(math.pi * s / (steps_per_epoch * epochs)))))
    for epoch in range(epochs):
        mean = 0.0
        for index in torch.randperm(len(ir)).split(100):
            loss = model.loss(ir[index], raman[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            mean += loss.item() / steps_per_epoch
        print(f"epoch {epoch:2d} loss {mean:.3f} recall@1 {recall(model, ir_test, raman_test):.3f}")
    print(f"metric: recall {recall(model, ir_test, raman_test):.4f}")


main()
