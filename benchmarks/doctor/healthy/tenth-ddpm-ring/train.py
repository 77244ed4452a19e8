"""Tiny DDPM on a 2-D ring of Gaussians: epsilon prediction, EMA weights, ancestral sampling.

The epsilon loss has a high floor (late timesteps are pure noise, early ones
are unpredictable), so the samples are judged, not the loss.
"""
import copy
import math

import torch
from torch import nn

torch.manual_seed(42)
T = 50


def data(n, gen):
    k = torch.randint(0, 6, (n,), generator=gen)
    ang = k * (2 * math.pi / 6)
    centre = torch.stack([ang.cos(), ang.sin()], 1) * 1.3
    return centre + 0.12 * torch.randn(n, 2, generator=gen)


s = 0.008
grid = torch.arange(T + 1) / T
abar_full = torch.cos((grid + s) / (1 + s) * math.pi / 2) ** 2
abar_full = abar_full / abar_full[0]
betas = (1 - abar_full[1:] / abar_full[:-1]).clamp(max=0.999)
alphas = 1 - betas
abar = torch.cumprod(alphas, 0)


def timestep_embedding(t, dim=32):
    half = dim // 2
    freqs = torch.exp(-math.log(1000.0) * torch.arange(half) / half)
    args = (t.float() * (100.0 / T))[:, None] * freqs
    return torch.cat([args.sin(), args.cos()], dim=1)


class Denoiser(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.inp = nn.Linear(2, width)
        self.temb = nn.Linear(32, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
            for _ in range(2))
        self.out = nn.Linear(width, 2)

    def forward(self, x, t):
        h = self.inp(x) + self.temb(timestep_embedding(t))
        for b in self.blocks:
            h = h + b(h)
        return self.out(nn.functional.silu(h))


net = Denoiser()
ema = copy.deepcopy(net).eval().requires_grad_(False)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
STEPS = 1500
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, STEPS)
gen = torch.Generator().manual_seed(1)
train = data(4000, gen)
avg = None
for step in range(STEPS):
    x0 = train[torch.randint(len(train), (256,))]
    t = torch.randint(0, T, (256,))
    eps = torch.randn_like(x0)
    xt = abar[t].sqrt()[:, None] * x0 + (1 - abar[t]).sqrt()[:, None] * eps
    loss = (net(xt, t) - eps).pow(2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    with torch.no_grad():
        for pe, p in zip(ema.parameters(), net.parameters()):
            pe.lerp_(p, 0.01)
    avg = loss.item() if avg is None else 0.98 * avg + 0.02 * loss.item()
    if step % 300 == 299:
        print(f"step {step + 1} eps-mse {avg:.4f}")


@torch.no_grad()
def sample(n):
    x = torch.randn(n, 2)
    for i in reversed(range(T)):
        t = torch.full((n,), i)
        e = ema(x, t)
        x0 = ((x - (1 - abar[i]).sqrt() * e) / abar[i].sqrt()).clamp(-2.5, 2.5)
        prev = abar[i - 1] if i > 0 else torch.tensor(1.0)
        mean = (prev.sqrt() * betas[i] * x0 + alphas[i].sqrt() * (1 - prev) * x) / (1 - abar[i])
        var = betas[i] * (1 - prev) / (1 - abar[i])
        x = mean + var.sqrt() * torch.randn_like(x)
    return x


def sliced_w1(a, b, n_proj=64):
    d = torch.nn.functional.normalize(torch.randn(2, n_proj), dim=0)
    return ((a @ d).sort(0).values - (b @ d).sort(0).values).abs().mean().item()


held_out, again = data(1500, gen), data(1500, gen)
print(f"sliced W1 of two real samples {sliced_w1(held_out, again):.4f}, "
      f"of noise {sliced_w1(held_out, torch.randn(1500, 2)):.4f}")
print(f"metric: sliced_w1_to_held_out {sliced_w1(sample(1500), held_out):.4f}")
