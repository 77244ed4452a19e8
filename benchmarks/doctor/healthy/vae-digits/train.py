import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)


class VAE(nn.Module):
    def __init__(self, d_in=64, d_hidden=128, d_latent=8):
        super().__init__()
        self.enc = nn.Linear(d_in, d_hidden)
        self.mu = nn.Linear(d_hidden, d_latent)
        self.logvar = nn.Linear(d_hidden, d_latent)
        self.dec1 = nn.Linear(d_latent, d_hidden)
        self.dec2 = nn.Linear(d_hidden, d_in)

    def encode(self, x):
        h = F.relu(self.enc(x))
        return self.mu(h), self.logvar(h)

    def reparameterize(self, mu, logvar):
        return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)

    def decode(self, z):
        return self.dec2(F.relu(self.dec1(z)))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def elbo_loss(logits, x, mu, logvar):
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
    kld = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(1)
    return (bce + kld).mean()


images = torch.tensor(load_digits().data, dtype=torch.float32) / 16.0
train, test = train_test_split(images, test_size=0.2, random_state=0)
loader = DataLoader(TensorDataset(train), batch_size=64, shuffle=True)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(40):
    model.train()
    total = 0.0
    for (x,) in loader:
        optimizer.zero_grad()
        logits, mu, logvar = model(x)
        loss = elbo_loss(logits, x, mu, logvar)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} loss {total / len(train):.3f}")

model.eval()
with torch.no_grad():
    mu, _ = model.encode(test)
    rebuilt = torch.sigmoid(model.decode(mu))
print(f"metric: reconstruction_mse {F.mse_loss(rebuilt, test).item():.5f}")
