"""A mixture density network for the arm of a robot with a few wild readings."""
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class Setup:
    parts: int = 3
    hidden: int = 48
    rate: float = 3e-2
    epochs: int = 30
    seed: int = 2


setup = Setup()
rng = np.random.default_rng(setup.seed)
torch.manual_seed(setup.seed)
angle = rng.uniform(-3, 3, 2400)
side = rng.choice([-1, 1], 2400)
reach = np.sin(angle) + 0.6 * side + 0.05 * rng.standard_normal(2400)
wild = rng.random(2400) < 0.01
reach[wild] += 4 * rng.standard_t(2, wild.sum())
x = torch.tensor(angle[:, None] / 3, dtype=torch.float32)
t = torch.tensor(reach, dtype=torch.float32)


class Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, setup.hidden), nn.Tanh(), nn.Linear(setup.hidden, setup.hidden), nn.Tanh())
        self.heads = nn.Linear(setup.hidden, 3 * setup.parts)

    def forward(self, x):
        return self.heads(self.body(x)).chunk(3, dim=1)


def negative_log_likelihood(parts, t):
    weight, centre, log_width = parts
    z = (t[:, None] - centre) / log_width.exp()
    each = torch.log_softmax(weight, 1) - 0.5 * z**2 - log_width - 0.5 * math.log(2 * math.pi)
    return -torch.logsumexp(each, 1).mean()


net = Mixture()
opt = torch.optim.SGD(net.parameters(), lr=setup.rate, momentum=0.9)
held = slice(2000, 2400)
for epoch in range(setup.epochs):
    for rows in torch.randperm(2000).split(40):
        opt.zero_grad()
        loss = negative_log_likelihood(net(x[rows]), t[rows])
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        opt.step()
    with torch.no_grad():
        score = negative_log_likelihood(net(x[held]), t[held]).item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} nll {loss.item():.3f} held-out {score:.3f}")
print(f"metric: nll {score:.4f}")
