import argparse

import numpy as np
import torch
import torch.nn as nn
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--latent", type=int, default=4)
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--lr", type=float, default=2e-3)
args = parser.parse_args()

rng = np.random.default_rng(17)
torch.manual_seed(17)


def readings(n, mixing):
    """Twenty channels of a turbine driven by wind, pitch, load and ambient temperature."""
    state = rng.normal(size=(n, 4))
    lin = state @ mixing
    return 50 + 12 * np.concatenate([lin[:, :12], np.sin(lin[:, 12:])], axis=1) + rng.normal(0, 0.8, (n, 20))


class Autoencoder(nn.Module):
    def __init__(self, d, latent):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(d, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, latent))
        self.decoder = nn.Sequential(
            nn.Linear(latent, 32), nn.ReLU(),
            nn.Linear(32, 64), nn.ReLU(),
            nn.Linear(64, d), nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


mixing = rng.normal(size=(4, 20)) * 0.6
train, test = readings(3000, mixing), readings(600, mixing)
scaler = StandardScaler().fit(train)
train = torch.tensor(scaler.transform(train), dtype=torch.float32)
test = torch.tensor(scaler.transform(test), dtype=torch.float32)

ae = Autoencoder(20, args.latent)
optim = torch.optim.Adam(ae.parameters(), lr=args.lr)
mse = nn.MSELoss()
for epoch in range(args.epochs):
    ae.train()
    for batch in torch.randperm(len(train)).split(64):
        optim.zero_grad()
        loss = mse(ae(train[batch]), train[batch])
        loss.backward()
        optim.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

ae.eval()
with torch.no_grad():
    residual = (ae(test) - test).pow(2).sum()
print(f"metric: explained {1 - residual.item() / (test - test.mean(0)).pow(2).sum().item():.4f}")
