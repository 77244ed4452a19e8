"""Cold or warm front? At a mast the wind shift leads or lags the temperature change (xarray input, LSTM)."""
import numpy as np
import torch
import xarray as xr
from torch import nn

VARIABLES = ["temperature", "wind_direction", "pressure"]
HOURS = 30


def passages(n, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(HOURS)
    cold = rng.random(n) < 0.5
    centre = rng.uniform(6, 24, (n, 1))
    lag = np.where(cold, 1, -1)[:, None] * rng.uniform(0.7, 2, (n, 1))
    change = rng.choice([-1, 1], (n, 1)) * rng.uniform(4, 9, (n, 1))
    veer = rng.choice([-1, 1], (n, 1)) * rng.uniform(40, 90, (n, 1))
    step = lambda when: 1 / (1 + np.exp(-(t - when) / 0.7))
    temperature = 12 + change * step(centre + lag) + rng.normal(0, 0.8, (n, HOURS))
    direction = 220 + veer * step(centre - lag) + rng.normal(0, 9, (n, HOURS))
    pressure = 1008 - 6 * np.exp(-((t - centre) / 5) ** 2) + rng.normal(0, 0.3, (n, HOURS))
    return xr.Dataset(
        {
            "obs": (("passage", "variable", "hour"), np.stack([temperature, direction, pressure], axis=1)),
            "cold": ("passage", cold.astype(int)),
        },
        coords={"variable": VARIABLES, "hour": t},
    )


def normalise(ds, reference):
    dims = ("passage", "hour")
    return (ds.obs - reference.obs.mean(dims)) / reference.obs.std(dims)


def sequences(obs):
    values = obs.transpose("passage", "hour", "variable").values
    return torch.tensor(values, dtype=torch.float32)


class FrontNet(nn.Module):
    def __init__(self, n_in, hidden=24):
        super().__init__()
        self.lstm = nn.LSTM(n_in, hidden, batch_first=True)
        self.classify = nn.Linear(hidden, 2)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.classify(out[:, -1])


def main():
    torch.manual_seed(8)
    train, test = passages(600, 8), passages(400, 9)
    x_train, x_test = sequences(normalise(train, train)), sequences(normalise(test, train))
    y_train, y_test = torch.tensor(train.cold.values), torch.tensor(test.cold.values)
    net = FrontNet(len(VARIABLES))
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    decay = torch.optim.lr_scheduler.MultiStepLR(optimizer, [12], gamma=0.3)
    for epoch in range(14):
        net.train()
        for idx in torch.randperm(len(x_train)).split(30):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(x_train[idx]), y_train[idx])
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 2.0)
            optimizer.step()
        decay.step()
        net.eval()
        with torch.no_grad():
            accuracy = (net(x_test).argmax(1) == y_test).float().mean().item()
        if epoch % 4 == 3:
            print(f"epoch {epoch + 1:2d} loss {loss.item():.4f} accuracy {accuracy:.3f}")
    print(f"metric: accuracy {accuracy:.4f}")


main()
