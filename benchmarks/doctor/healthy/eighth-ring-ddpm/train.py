"""DDPM on 2-D points (eight blobs on a ring)."""
import math

import torch
import torch.nn as nn

torch.manual_seed(0)
T = 60
betas = torch.linspace(1e-3, 0.12, T)
alphas = 1 - betas
abar = torch.cumprod(alphas, 0)


def sample_data(n):
    k = torch.randint(0, 8, (n,))
    centre = torch.stack([torch.cos(k * math.pi / 4), torch.sin(k * math.pi / 4)], 1) * 1.4
    return centre + 0.08 * torch.randn(n, 2)


class Denoiser(nn.Module):
    def __init__(self, width=96, dim=16):
        super().__init__()
        self.register_buffer("freqs", torch.exp(torch.linspace(0, math.log(50.0), dim // 2)))
        self.inp = nn.Linear(2 + dim, width)
        self.mid = nn.ModuleList([nn.Linear(width, width) for _ in range(2)])
        self.out = nn.Linear(width, 2)
        self.act = nn.SiLU()

    def forward(self, x, t):
        a = (t.float() / T)[:, None] * self.freqs
        h = self.act(self.inp(torch.cat([x, a.sin(), a.cos()], 1)))
        for layer in self.mid:
            h = h + self.act(layer(h))
        return self.out(h)


def energy_distance(a, b):
    return (2 * torch.cdist(a, b).mean() - torch.cdist(a, a).mean() - torch.cdist(b, b).mean()).item()


net = Denoiser()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 3000)
avg = None
for step in range(3000):
    x0 = sample_data(256)
    t = torch.randint(0, T, (256,))
    noise = torch.randn_like(x0)
    xt = abar[t].sqrt()[:, None] * x0 + (1 - abar[t]).sqrt()[:, None] * noise
    loss = (net(xt, t) - noise).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    avg = loss.item() if avg is None else 0.99 * avg + 0.01 * loss.item()
    if step % 500 == 499:
        print(f"step {step + 1} loss {avg:.4f}")

net.eval()
with torch.no_grad():
    x = torch.randn(1500, 2)
    for i in reversed(range(T)):
        t = torch.full((len(x),), i)
        mean = (x - betas[i] / (1 - abar[i]).sqrt() * net(x, t)) / alphas[i].sqrt()
        x = mean + (betas[i].sqrt() * torch.randn_like(x) if i else 0)
print(f"metric: energy_distance {energy_distance(x, sample_data(1500)):.5f}")
