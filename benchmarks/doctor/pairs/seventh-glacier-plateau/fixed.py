import logging
import sys

import numpy as np
import torch
import torch.nn as nn

logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
log = logging.getLogger("massbalance")


class Trainer:
    def __init__(self, model, lr=2e-3, epochs=60, batch=100):
        self.model, self.epochs, self.batch = model, epochs, batch
        self.opt = torch.optim.Adam(model.parameters(), lr=lr)
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.opt, mode="min", factor=0.1, patience=3
        )

    def epoch(self, x, y):
        self.model.train()
        for b in torch.randperm(len(x)).split(self.batch):
            loss = nn.functional.mse_loss(self.model(x[b]), y[b])
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()

    @torch.no_grad()
    def score(self, x, y):
        self.model.eval()
        return nn.functional.mse_loss(self.model(x), y).item()

    def fit(self, train, valid):
        for e in range(self.epochs):
            self.epoch(*train)
            v = self.score(*valid)
            self.plateau.step(v)
            if e % 10 == 0:
                log.info("epoch %d valid %.4f", e, v)


def glaciers(n, rng):
    """Annual mass balance from summer temperature, winter snow, elevation, aspect, debris."""
    f = rng.normal(0, 1, (n, 5))
    melt = np.maximum(f[:, 0] - 0.6 * f[:, 2] + 0.4, 0) ** 1.5 * np.where(f[:, 4] > 0.5, 0.4, 1.0)
    snow = 1.1 * np.exp(0.4 * f[:, 1]) * (1 + 0.3 * np.sin(2 * f[:, 3]))
    b = snow - melt + rng.normal(0, 0.1, n)
    return torch.from_numpy(f).float(), torch.from_numpy(b).float()[:, None]


def main():
    torch.manual_seed(13)
    rng = np.random.default_rng(13)
    train, valid, test = glaciers(1500, rng), glaciers(300, rng), glaciers(300, rng)
    mean, std = train[1].mean(), train[1].std()
    train, valid, test = [(x, (y - mean) / std) for x, y in (train, valid, test)]
    net = nn.Sequential(nn.Linear(5, 48), nn.GELU(), nn.Linear(48, 48), nn.GELU(), nn.Linear(48, 1))
    trainer = Trainer(net)
    trainer.fit(train, valid)
    r2 = 1 - trainer.score(*test) / test[1].var().item()
    print(f"metric: r2 {r2:.4f}")


main()
