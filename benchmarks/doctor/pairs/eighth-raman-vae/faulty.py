"""Variational autoencoder of Raman spectra: six latent numbers, a warm-up of the KL term."""
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader

SEED = 29
POINTS, LATENT = 96, 6
NOISE = 0.15


def mixtures(n, rng):
    """Mixtures of five substances on a sloping background."""
    shift = np.linspace(0, 1, POINTS)
    pure_rng = np.random.default_rng(100)
    pure = np.zeros((5, POINTS))
    for p in pure:
        for c in pure_rng.uniform(0.05, 0.95, 4):
            p += pure_rng.uniform(0.4, 1.0) / (1 + ((shift - c) / 0.025) ** 2)
    share = rng.dirichlet(np.ones(5) * 0.8, n)
    spectra = share @ pure + rng.normal(0, 0.1, (n, 1)) * shift
    return torch.tensor(spectra + rng.normal(0, 0.02, spectra.shape), dtype=torch.float32)


class VAE(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(POINTS, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.mu, self.logvar = nn.Linear(hidden, LATENT), nn.Linear(hidden, LATENT)
        self.decoder = nn.Sequential(nn.Linear(LATENT, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                     nn.Linear(hidden, POINTS))

    def encode(self, x):
        h = self.encoder(x)
        return self.mu(h), self.logvar(h).clamp(-8, 8)

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.decoder(z), mu, logvar


def kl_divergence(mu, logvar):
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1).mean()


def train_epoch(model, loader, optimizer, beta):
    model.train()
    logs = np.zeros(2)
    for x in loader:
        out, mu, logvar = model(x)
        recon = (out - x).square().mean()
        kl = kl_divergence(mu, logvar)
        loss = recon + beta * kl
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 20.0)
        optimizer.step()
        logs += [recon.item(), kl.item()]
    return logs / len(loader)


def reconstruction(model, x, reference):
    model.eval()
    with torch.no_grad():
        out = model.decoder(model.encode(x)[0])
    return (1 - (out - x).square().sum() / (x - reference).square().sum()).item()


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    train, test = mixtures(2000, rng), mixtures(400, rng)
    centre, scale = train.mean(0), train.std()
    train, test = (train - centre) / scale, (test - centre) / scale
    loader = DataLoader(train, batch_size=50, shuffle=True)
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    epochs = 25
    for epoch in range(epochs):
        recon, kl = train_epoch(model, loader, optimizer, beta=min(1.0, (epoch + 1) / 5))
        print(f"epoch {epoch + 1:2d} reconstruction {recon:.3f} kl {kl:.3f}")
    print(f"metric: explained_variance {reconstruction(model, test, train.mean(0)):.4f}")


main()
