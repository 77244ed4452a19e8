import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split


class VAE(nn.Module):
    def __init__(self, latent=8):
        super().__init__()
        self.enc = nn.Sequential(nn.Linear(64, 128), nn.ReLU())
        self.mu = nn.Linear(128, latent)
        self.logvar = nn.Linear(128, latent)
        self.dec = nn.Sequential(nn.Linear(latent, 128), nn.ReLU(), nn.Linear(128, 64))

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp() if self.training else mu
        return self.dec(z), mu, logvar


def vae_loss(logits, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
    return bce + kld, bce, kld


def main():
    torch.manual_seed(77)
    images = torch.tensor(load_digits().data, dtype=torch.float32) / 16.0
    train, test = random_split(TensorDataset(images), [1500, len(images) - 1500])
    model = VAE()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(30):
        model.train()
        sums = [0.0, 0.0]
        loader = DataLoader(train, batch_size=64, shuffle=True)
        for (x,) in loader:
            logits, mu, logvar = model(x)
            loss, bce, kld = vae_loss(logits, x, mu, logvar)
            opt.zero_grad()
            loss.backward()
            opt.step()
            sums[0] += bce.item()
            sums[1] += kld.item()
        if epoch % 10 == 9:
            print(f"epoch {epoch + 1} rec {sums[0] / len(loader):.4f} kl {sums[1] / len(loader):.4f}")
    model.eval()
    x = torch.stack([test[i][0] for i in range(len(test))])
    with torch.no_grad():
        rec = torch.sigmoid(model(x)[0])
    print(f"metric: rmse {(rec - x).pow(2).mean().sqrt().item():.4f}")


if __name__ == "__main__":
    main()
