"""Vector-quantised autoencoder for ultrasonic pulse shapes (straight-through estimator)."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader

torch.manual_seed(45)
t = torch.linspace(-1, 1, 48)


def pulses(n):
    f = 4 + 4 * torch.rand(n, 1)
    c = 0.6 * (torch.rand(n, 1) - 0.5)
    w = 0.15 + 0.2 * torch.rand(n, 1)
    s = torch.exp(-(((t - c) / w) ** 2)) * torch.cos(2 * torch.pi * f * (t - c) / 2)
    return s + 0.03 * torch.randn(n, 48)


class Quantizer(nn.Module):
    def __init__(self, k, d, beta=0.25):
        super().__init__()
        self.codes = nn.Embedding(k, d)
        nn.init.uniform_(self.codes.weight, -1, 1)
        self.beta = beta

    def forward(self, z):
        idx = torch.cdist(z.reshape(-1, z.shape[-1]), self.codes.weight).argmin(1)
        q = self.codes(idx).view_as(z)
        extra = F.mse_loss(q, z.detach()) + self.beta * F.mse_loss(z, q.detach())
        return z + (q - z).detach(), extra


class VQAE(nn.Module):
    def __init__(self, slots=8, d=4, k=64):
        super().__init__()
        self.slots, self.d = slots, d
        self.enc = nn.Sequential(nn.Linear(48, 96), nn.ReLU(), nn.Linear(96, slots * d))
        self.q = Quantizer(k, d)
        self.dec = nn.Sequential(nn.Linear(slots * d, 96), nn.ReLU(), nn.Linear(96, 48))

    def forward(self, x):
        z = self.enc(x).view(-1, self.slots, self.d)
        q, extra = self.q(z)
        return self.dec(q.flatten(1)), extra


train, test = pulses(2500), pulses(400)
model = VQAE()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    model.train()
    total = 0.0
    for x in DataLoader(train, batch_size=50, shuffle=True):
        y, extra = model(x)
        recon = F.mse_loss(y, x)
        loss = recon + 0.3 * extra
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += recon.item()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} reconstruction {total / 50:.4f}")

model.eval()
with torch.no_grad():
    y, _ = model(test)
print("metric: explained_variance", 1 - ((y - test).pow(2).mean() / test.var()).item())
