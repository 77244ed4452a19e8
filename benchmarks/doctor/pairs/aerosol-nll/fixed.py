"""Ground PM2.5 from satellite optical depth, with a predicted uncertainty."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(6)
rng = np.random.default_rng(6)


def matchups(n):
    aod = rng.gamma(2.2, 0.15, n)
    humidity = rng.uniform(0.2, 0.95, n)
    mixing_height = rng.uniform(0.3, 2.4, n)
    wind = rng.gamma(2.5, 1.6, n)
    growth = 1 / (1 - 0.75 * humidity)
    pm = 70 * aod / growth / np.sqrt(mixing_height) + 14 / (1 + wind)
    pm = pm * np.exp(rng.normal(0, 0.05 + 0.15 * humidity))
    return np.stack([aod, humidity, mixing_height, wind], 1), pm


x_train, pm_train = matchups(1500)
x_test, pm_test = matchups(500)
x_mean, x_std = x_train.mean(0), x_train.std(0)
pm_mean, pm_std = pm_train.mean(), pm_train.std()


def as_dataset(x, pm):
    return TensorDataset(
        torch.tensor((x - x_mean) / x_std, dtype=torch.float32),
        torch.tensor((pm - pm_mean) / pm_std, dtype=torch.float32),
    )


class Probabilistic(nn.Module):
    def __init__(self, n_in, n_hidden=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, n_hidden), nn.SiLU(), nn.Linear(n_hidden, n_hidden), nn.SiLU())
        self.mean = nn.Linear(n_hidden, 1)
        self.log_var = nn.Linear(n_hidden, 1)

    def forward(self, x):
        h = self.body(x)
        return self.mean(h).squeeze(1), self.log_var(h).clamp(-6, 4).squeeze(1)


def nll(mean, log_var, target):
    return 0.5 * (log_var + (target - mean) ** 2 / log_var.exp()).mean()


train_loader = DataLoader(as_dataset(x_train, pm_train), batch_size=32, shuffle=True, drop_last=True)
x_val, y_val = as_dataset(x_test, pm_test).tensors
net = Probabilistic(4)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)

for epoch in range(20):
    net.train()
    train_nll = 0.0
    for x, y in train_loader:
        mean, log_var = net(x)
        loss = nll(mean, log_var, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        train_nll += loss.item() / len(train_loader)
    net.eval()
    with torch.no_grad():
        mean, log_var = net(x_val)
        val_nll = nll(mean, log_var, y_val).item()
        rmse = (mean.flatten() - y_val).pow(2).mean().sqrt().item() * pm_std
    if (epoch + 1) % 2 == 0:
        print(f"epoch {epoch + 1:2d}  nll {train_nll:.4f}  val nll {val_nll:.4f}  val rmse {rmse:.2f} ug/m3")

print(f"metric: rmse {rmse:.4f}")
