"""Variational autoencoder for synthetic galaxy spectra."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(12)
np.random.seed(12)

wave = np.linspace(0, 1, 64)


def spectra(n):
    age = np.random.rand(n, 1)
    z = np.random.rand(n, 1) * 0.2
    strength = np.random.rand(n, 1)
    s = 1.5 * (age - 0.5) * (wave - 0.5) * 2
    for line, sign in ((0.25, 1), (0.5, -1), (0.7, 1)):
        s = s + sign * strength * 1.5 * np.exp(-0.5 * ((wave - line - z) / 0.03) ** 2)
    return torch.tensor(s + 0.03 * np.random.randn(n, 64), dtype=torch.float32)


class VAE(nn.Module):
    def __init__(self, latent=4):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(latent, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, x):
        mu, logvar = self.encoder(x).chunk(2, dim=1)
        if self.training:
            code = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        else:
            code = mu
        return self.decoder(code), mu, logvar


def elbo(recon, x, mu, logvar):
    reconstruction = F.mse_loss(recon, x)
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return reconstruction + kl


train, test = spectra(1500), spectra(300)
center = train.mean(0)
train, test = train - center, test - center
vae = VAE()
optimizer = torch.optim.Adam(vae.parameters(), lr=2e-3)
for epoch in range(30):
    vae.train()
    total = 0.0
    for idx in torch.randperm(len(train)).split(50):
        x = train[idx]
        optimizer.zero_grad()
        recon, mu, logvar = vae(x)
        loss = elbo(recon, x, mu, logvar)
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} loss {total / 30:.3f}")

vae.eval()
with torch.no_grad():
    recon, _, _ = vae(test)
explained = 1 - (recon - test).pow(2).sum() / test.pow(2).sum()
print(f"metric: explained_variance {explained:.4f}")
