"""Storm surge at a gauge from wind and pressure, with a small trainer class."""
from dataclasses import dataclass

import torch
from torch import nn


@dataclass
class Settings:
    hidden: int = 48
    rate: float = 2e-3
    rounds: int = 25
    batch: int = 64


class Surge(nn.Module):
    def __init__(self, settings):
        super().__init__()
        self.first = nn.Linear(5, settings.hidden)
        self.second = nn.Linear(settings.hidden, settings.hidden)
        self.last = nn.Linear(settings.hidden, 1)

    def forward(self, weather):
        hidden = torch.tanh(self.first(weather))
        hidden = torch.tanh(self.second(hidden))
        return self.last(hidden)


class Fitting:
    def __init__(self, settings):
        self.settings = settings
        self.net = Surge(settings)
        self.optim = torch.optim.Adam(self.net.parameters(), lr=settings.rate)
        self.criterion = nn.SmoothL1Loss()

    def round(self, x, y):
        order = torch.randperm(len(x))
        for start in range(0, len(x), self.settings.batch):
            rows = order[start : start + self.settings.batch]
            self.optim.zero_grad()
            value = self.criterion(self.net(x[rows]), y[rows])
            value.backward()
            self.optim.step()
        return value.item()


def weather(n):
    x = torch.randn(n, 5)
    y = 0.8 * x[:, :1] * x[:, 1:2] - 0.5 * x[:, 2:3] + 0.3 * torch.sin(2 * x[:, 3:4]) + 0.1 * torch.randn(n, 1)
    return x, y


torch.manual_seed(4)
settings = Settings()
x, y = weather(1600)
x_test, y_test = weather(400)
fitting = Fitting(settings)
for number in range(settings.rounds):
    value = fitting.round(x, y)
    if number % 5 == 0:
        print("round", number, "loss", round(value, 4))
with torch.no_grad():
    error = (fitting.net(x_test) - y_test).pow(2).mean().sqrt()
print(f"metric: rmse {error:.4f}")
