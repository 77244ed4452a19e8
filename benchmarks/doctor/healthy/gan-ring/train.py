"""A small GAN that learns a ring of eight Gaussians in the plane."""

import math

import torch
from torch import nn

torch.manual_seed(3)
LATENT, BATCH, STEPS = 8, 256, 1500


def real(n):
    angle = torch.randint(0, 8, (n,)) * (2 * math.pi / 8)
    centres = torch.stack([angle.cos(), angle.sin()], 1) * 1.5
    return centres + 0.08 * torch.randn(n, 2)


generator = nn.Sequential(nn.Linear(LATENT, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
discriminator = nn.Sequential(
    nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
)
opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()

for step in range(STEPS):
    batch = real(BATCH)
    fake = generator(torch.randn(BATCH, LATENT))

    opt_d.zero_grad()
    loss_d = bce(discriminator(batch), torch.ones(BATCH, 1)) + bce(discriminator(fake.detach()), torch.zeros(BATCH, 1))
    loss_d.backward()
    opt_d.step()

    opt_g.zero_grad()
    loss_g = bce(discriminator(fake), torch.ones(BATCH, 1))
    loss_g.backward()
    opt_g.step()
    if step % 300 == 0:
        print(f"step {step}: d {loss_d.item():.3f} g {loss_g.item():.3f}")

generator.eval()
with torch.no_grad():
    made = generator(torch.randn(2000, LATENT))
radius = made.norm(dim=1)
print(f"metric: near_ring {((radius - 1.5).abs() < 0.3).float().mean().item():.4f}")
