"""Damped oscillator solved by a network from its equation alone (no data), Adam then L-BFGS."""
import math

import torch
import torch.nn as nn

torch.manual_seed(0)
DELTA, OMEGA = 0.6, 5.0
T_END = 2.0


def exact(t):
    w = math.sqrt(OMEGA ** 2 - DELTA ** 2)
    phi = math.atan(-DELTA / w)
    amp = 1 / (2 * math.cos(phi))
    return torch.exp(-DELTA * t) * 2 * amp * torch.cos(phi + w * t)


class Net(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(1, hidden), nn.Tanh(),
            nn.Linear(hidden, hidden), nn.Tanh(),
            nn.Linear(hidden, 1),
        )

    def forward(self, t):
        s = 2 * t / T_END - 1
        # start at u=1 with no velocity, whatever the network says
        return 1 + (t / T_END) ** 2 * 10 * self.body(s)


def derivative(y, x):
    return torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)[0]


def residual(model, t):
    u = model(t)
    du = derivative(u, t)
    ddu = derivative(du, t)
    return (ddu + 2 * DELTA * du + OMEGA ** 2 * u) / OMEGA ** 2


def train(model):
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.999)
    for step in range(1000):
        t = (torch.rand(100, 1) * T_END).requires_grad_(True)
        loss = residual(model, t).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if step % 200 == 0:
            print(f"adam {step:4d} residual {loss.item():.3e}")

    grid = torch.linspace(0, T_END, 200).unsqueeze(1).requires_grad_(True)
    refine = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=200, history_size=30,
                               line_search_fn="strong_wolfe")

    def closure():
        refine.zero_grad()
        loss = residual(model, grid).square().mean()
        loss.backward()
        return loss

    for k in range(3):
        value = refine.step(closure)
        print(f"lbfgs {k} residual {value.item():.3e}")


@torch.no_grad()
def evaluate(model):
    t = torch.linspace(0, T_END, 501).unsqueeze(1)
    truth = exact(t)
    return ((model(t) - truth).norm() / truth.norm()).item()


if __name__ == "__main__":
    net = Net()
    train(net)
    print(f"metric: relative_l2 {evaluate(net):.5f}")
