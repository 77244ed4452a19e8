"""Variational autoencoder for directional-buoy wave spectra (47 frequency bins, log density)."""
import argparse

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--latent", type=int, default=6)
parser.add_argument("--width", type=int, default=80)
parser.add_argument("--epochs", type=int, default=24)
parser.add_argument("--batch", type=int, default=50)
parser.add_argument("--lr", type=float, default=2e-3)
parser.add_argument("--seed", type=int, default=4)
args = parser.parse_args()

torch.manual_seed(args.seed)
rng = np.random.default_rng(args.seed)
freq = np.linspace(0.033, 0.49, 47)


def jonswap(hs, tp, gamma):
    fp = 1 / tp
    sigma = np.where(freq <= fp, 0.07, 0.09)
    peak = gamma ** np.exp(-((freq - fp) ** 2) / (2 * sigma**2 * fp**2))
    shape = freq**-5.0 * np.exp(-1.25 * (fp / freq) ** 4) * peak
    return hs**2 / 16 * shape / (shape.sum(1, keepdims=True) * (freq[1] - freq[0]))


def sea_states(n):
    swell = jonswap(rng.gamma(4, 0.4, (n, 1)), rng.uniform(9, 16, (n, 1)), rng.uniform(2, 7, (n, 1)))
    wind = jonswap(rng.gamma(3, 0.5, (n, 1)), rng.uniform(3.5, 8, (n, 1)), rng.uniform(1, 4, (n, 1)))
    log_density = np.log10(swell + wind + 1e-3) + rng.normal(0, 0.05, (n, len(freq)))
    return torch.tensor(log_density, dtype=torch.float32)


train, test = sea_states(1500), sea_states(500)
centre, spread = train.mean(0), train.std(0)
train, test = (train - centre) / spread, (test - centre) / spread


class SpectrumVAE(nn.Module):
    def __init__(self, bins, width, latent):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(bins, width), nn.ELU(), nn.Linear(width, width), nn.ELU())
        self.to_mu = nn.Linear(width, latent)
        self.to_logvar = nn.Linear(width, latent)
        self.dec = nn.Sequential(
            nn.Linear(latent, width), nn.ELU(), nn.Linear(width, width), nn.ELU(), nn.Linear(width, bins))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.to_mu(h), self.to_logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp() if self.training else mu
        return self.dec(z), mu, logvar


def negative_elbo(out, x, mu, logvar):
    fit = F.mse_loss(out, x, reduction="sum") / len(x)
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1).mean()
    return fit + kl


vae = SpectrumVAE(len(freq), args.width, args.latent)
opt = torch.optim.Adam(vae.parameters(), lr=args.lr)
for epoch in range(args.epochs):
    vae.train()
    losses = []
    for x in train[torch.randperm(len(train))].split(args.batch):
        out, mu, logvar = vae(x)
        loss = negative_elbo(out, x, mu, logvar)
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    if (epoch + 1) % 6 == 0:
        print("epoch", epoch + 1, "elbo", round(-float(np.mean(losses)), 3))

vae.eval()
with torch.no_grad():
    rmse = (vae(test)[0] - test).pow(2).mean().sqrt()
print(f"metric: reconstruction_rmse {rmse:.4f}")
