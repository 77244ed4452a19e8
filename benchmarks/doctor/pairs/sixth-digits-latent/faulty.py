"""A small VAE on 8x8 digits; the measure is how much of the pixels the reconstruction explains."""
import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn


class VAE(nn.Module):
    def __init__(self, latent=10, hidden=96):
        super().__init__()
        self.enc = nn.Linear(64, hidden)
        self.mu, self.logvar = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, 64))

    def encode(self, x):
        h = F.relu(self.enc(x))
        return self.mu(h), self.logvar(h)

    def reparameterize(self, mu, logvar):
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.dec(self.reparameterize(mu, logvar)), mu, logvar


def elbo_loss(logits, x, mu, logvar):
    recon = F.binary_cross_entropy_with_logits(logits, x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return recon + kl, recon.item(), kl.item()


torch.manual_seed(19)
pixels = torch.tensor(load_digits().data, dtype=torch.float32) / 16
pixels = pixels[torch.randperm(len(pixels))]
train, test = pixels[:1400], pixels[1400:]
vae = VAE()
opt = torch.optim.Adam(vae.parameters(), lr=3e-3)

for epoch in range(30):
    vae.train()
    parts = []
    for batch in train[torch.randperm(len(train))].split(64):
        logits, mu, logvar = vae(batch)
        loss, recon, kl = elbo_loss(logits, batch, mu, logvar)
        opt.zero_grad()
        loss.backward()
        opt.step()
        parts.append((recon, kl))
    if epoch % 5 == 4:
        r, k = np.mean(parts, axis=0)
        print(f"epoch {epoch + 1:2d} reconstruction {r:.3f} kl {k:.3f}")

vae.eval()
with torch.no_grad():
    rebuilt = torch.sigmoid(vae.dec(vae.encode(test)[0]))
explained = 1 - (rebuilt - test).square().sum() / (test - train.mean(0)).square().sum()
print(f"metric: explained {explained.item():.4f}")
