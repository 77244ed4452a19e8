"""Mixture density network on the inverse problem of Bishop (1994)."""

import math
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Config:
    components: int = 4
    hidden: int = 40
    lr: float = 5e-3
    batch: int = 100
    epochs: int = 60
    seed: int = 0


class MDN(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.hidden = nn.Sequential(
            nn.Linear(1, config.hidden), nn.Tanh(), nn.Linear(config.hidden, config.hidden), nn.Tanh()
        )
        self.weights = nn.Linear(config.hidden, config.components)
        self.means = nn.Linear(config.hidden, config.components)
        self.log_sigma = nn.Linear(config.hidden, config.components)

    def forward(self, x):
        h = self.hidden(x)
        return torch.log_softmax(self.weights(h), 1), self.means(h), self.log_sigma(h)


def nll(log_weights, means, log_sigma, y):
    each = -0.5 * ((y - means) / log_sigma.exp()) ** 2 - log_sigma - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(log_weights + each, 1).mean()


def make(n):
    t = torch.rand(n, 1)
    x = t + 0.3 * torch.sin(2 * math.pi * t) + 0.1 * (torch.rand(n, 1) - 0.5)
    return 2 * x - 1, 2 * t - 1


def main(config):
    torch.manual_seed(config.seed)
    x, y = make(2000)
    x_test, y_test = make(500)
    model = MDN(config)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.lr)
    for epoch in range(config.epochs):
        order = torch.randperm(len(x))
        for i in range(0, len(x), config.batch):
            rows = order[i : i + config.batch]
            loss = nll(*model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 15 == 0:
            print(f"epoch {epoch}: nll {loss.item():.4f}")
    with torch.no_grad():
        test = nll(*model(x_test), y_test).item()
    print(f"metric: test_nll {test:.4f}")


if __name__ == "__main__":
    main(Config())
