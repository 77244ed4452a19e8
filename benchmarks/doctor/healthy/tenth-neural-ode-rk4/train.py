"""Neural ODE with a hand-written RK4 integrator: learn Lotka-Volterra from noisy short windows."""
from dataclasses import dataclass

import numpy as np
import torch
from scipy.integrate import solve_ivp
from torch import nn

torch.manual_seed(2)
rng = np.random.default_rng(2)

DT, WINDOW = 0.1, 8


def lotka(t, s, a=1.1, b=0.6, c=0.9, d=0.5):
    return [a * s[0] - b * s[0] * s[1], -c * s[1] + d * s[0] * s[1]]


def trajectories(n, length):
    out = []
    ts = np.arange(length) * DT
    for _ in range(n):
        s0 = rng.uniform(0.8, 3.0, 2)
        out.append(solve_ivp(lotka, (0, ts[-1] + 1e-9), s0, t_eval=ts, rtol=1e-8).y.T)
    return np.stack(out)


@dataclass
class Windows:
    start: torch.Tensor      # (n, 2)
    future: torch.Tensor     # (WINDOW, n, 2)

    @classmethod
    def cut(cls, paths):
        s, f = [], []
        for p in paths:
            for i in range(0, len(p) - WINDOW, 3):
                s.append(p[i])
                f.append(p[i + 1:i + 1 + WINDOW])
        return cls(torch.stack(s), torch.stack(f).transpose(0, 1))

    def __len__(self):
        return len(self.start)


train_clean = trajectories(16, 80)
test_clean = torch.tensor(trajectories(8, 80), dtype=torch.float32)
noisy = torch.tensor(train_clean + rng.normal(0, 0.01, train_clean.shape), dtype=torch.float32)
windows = Windows.cut(noisy)
centre, scale = noisy.reshape(-1, 2).mean(0), noisy.reshape(-1, 2).std(0)


class Dynamics(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(),
                                 nn.Linear(hidden, 2))

    def forward(self, s):
        return self.net((s - centre) / scale) * scale


def rk4(f, s, steps):
    out = []
    for _ in range(steps):
        k1 = f(s)
        k2 = f(s + DT / 2 * k1)
        k3 = f(s + DT / 2 * k2)
        k4 = f(s + DT * k3)
        s = s + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        out.append(s)
    return torch.stack(out)


f = Dynamics()
opt = torch.optim.Adam(f.parameters(), lr=1e-2)
EPOCHS, BATCH = 50, 64
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, EPOCHS, eta_min=1e-4)
for epoch in range(EPOCHS):
    total = 0.0
    for idx in torch.randperm(len(windows)).split(BATCH):
        pred = rk4(f, windows.start[idx], WINDOW)
        loss = (((pred - windows.future[:, idx]) / scale) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(idx)
    sched.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} scaled mse {total / len(windows):.6f} lr {sched.get_last_lr()[0]:.1e}")

# roll the whole unseen trajectory out from its first state only
with torch.no_grad():
    roll = rk4(f, test_clean[:, 0], test_clean.shape[1] - 1).transpose(0, 1)
    err = (roll - test_clean[:, 1:]) / scale
    r2 = 1 - err.pow(2).mean().item() / ((test_clean[:, 1:] - centre) / scale).pow(2).mean().item()
print(f"rollout rmse (in std units) {err.pow(2).mean().sqrt().item():.4f}")
print(f"metric: rollout_r2 {r2:.5f}")
