"""Next month's mean anomaly in a box from three monthly fields of surface temperature (grid: lat, lon; land is constant)."""
import numpy as np
import torch
from torch import nn, optim

LAT, LON, MONTHS = 16, 24, 480
np.seterr(all="ignore")


def simulate(seed):
    rng = np.random.default_rng(seed)
    lat, lon = np.meshgrid(np.linspace(-1, 1, LAT), np.linspace(0, 2 * np.pi, LON), indexing="ij")
    mode = [np.cos(lon) * np.exp(-4 * lat**2), np.sin(2 * lon) * np.exp(-3 * lat**2)]
    state, series = np.zeros(2), []
    turn = 0.97 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    for _ in range(MONTHS):
        state = turn @ state + rng.normal(0, 0.25, 2)
        series.append(288 + 10 * np.cos(lat) + state[0] * mode[0] + state[1] * mode[1] + rng.normal(0, 0.2, lat.shape))
    field = np.array(series)
    land = (lon > 4.8) & (lat > 0.2)
    field[:, land] = 273.0
    return field, land


def anomalies(field, n_train):
    mean = field[:n_train].mean(axis=0)
    std = np.maximum(field[:n_train].std(axis=0), 1e-3)
    return ((field - mean) / std).astype(np.float32)


def windows(anom, box, months, batch, rng=None):
    order = months if rng is None else rng.permutation(months)
    for at in range(0, len(order), batch):
        part = order[at : at + batch]
        x = np.stack([anom[m - 3 : m] for m in part])
        y = np.array([anom[m][box].mean() for m in part])[:, None]
        yield torch.from_numpy(x), torch.from_numpy(y)


field, land = simulate(11)
torch.manual_seed(11)
anom = anomalies(field, 360)
box = np.zeros((LAT, LON), bool)
box[5:11, 2:10] = True
net = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2),
    nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16 * 24, 32), nn.ReLU(), nn.Linear(32, 1),
)  # fmt: skip
opt = optim.AdamW(net.parameters(), lr=5e-4, weight_decay=1e-2)
rng = np.random.default_rng(0)
for epoch in range(15):
    net.train()
    total = 0.0
    for x, y in windows(anom, box, np.arange(3, 360), 24, rng):
        opt.zero_grad()
        loss = ((net(x) - y) ** 2).mean()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
    if epoch % 4 == 0:
        print("epoch", epoch, "mse", round(total / 357, 4))
net.eval()
with torch.no_grad():
    pairs = [(net(x), y) for x, y in windows(anom, box, np.arange(363, MONTHS), 60)]
guess, true = (torch.cat(side) for side in zip(*pairs))
skill = 1 - ((guess - true) ** 2).mean() / true.var()
print(f"metric: skill {skill.item():.4f}")
