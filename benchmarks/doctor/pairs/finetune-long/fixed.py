"""Chance of a fire day from weather and fuel indices; the probabilities themselves are used later."""
import numpy as np
import torch
from torch import nn


def days(n, rng):
    x = rng.normal(0, 1, (n, 10))
    drive = 1.2 * x[:, 0] - x[:, 1] + 0.8 * x[:, 2] * x[:, 3]
    return x.astype(np.float32), (drive + rng.logistic(0, 1, n) > 0).astype(np.float32)


class Trainer:
    def __init__(self, net, optimizer, max_epochs):
        self.net, self.optimizer, self.max_epochs = net, optimizer, max_epochs
        self.loss = nn.BCEWithLogitsLoss()

    def run_epoch(self, x, y):
        self.net.train()
        losses = []
        for part in torch.randperm(len(x)).chunk(12):
            loss = self.loss(self.net(x[part]), y[part])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return np.mean(losses)

    @torch.no_grad()
    def evaluate(self, x, y):
        self.net.eval()
        return self.loss(self.net(x), y).item()

    def fit(self, train, val):
        for epoch in range(1, self.max_epochs + 1):
            train_loss = self.run_epoch(*train)
            val_loss = self.evaluate(*val)
            if epoch % 20 == 0 or epoch == self.max_epochs:
                print(f"epoch {epoch:3d} train {train_loss:.4f} val {val_loss:.4f}")


def main():
    rng = np.random.default_rng(8)
    torch.manual_seed(8)
    train, val, test = ([torch.from_numpy(part) for part in days(n, rng)] for n in (600, 300, 1500))
    net = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0))
    trainer = Trainer(net, torch.optim.Adam(net.parameters(), lr=1e-3), max_epochs=8)
    trainer.fit(train, val)
    print(f"metric: log_loss {trainer.evaluate(*test):.4f}")


main()
