import logging
import math

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
log = logging.getLogger("discharge")


def catchment_days(n, seed):
    """Daily mean discharge (m3/s) of an alpine river from the weather of the days before."""
    rng = np.random.default_rng(seed)
    rain_today = rng.gamma(0.7, 8.0, n)
    rain_week = rng.gamma(3.0, 12.0, n)
    season = rng.uniform(0, 2 * math.pi, n)
    temperature = 8 - 9 * np.cos(season) + rng.normal(0, 2.5, n)
    snow = np.clip(60 + 55 * np.cos(season) + rng.normal(0, 12, n), 0, None)
    melt = np.clip(temperature - 1, 0, None) * np.sqrt(snow)
    flow = 310 + 14.0 * rain_today + 6.5 * rain_week + 9.0 * melt + 0.16 * rain_today * rain_week
    flow = flow * np.exp(rng.normal(0, 0.07, n))
    return np.column_stack([rain_today, rain_week, np.sin(season), np.cos(season), temperature, snow]), flow


class DischargeNet(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.hidden1 = nn.Linear(n_in, 32)
        self.hidden2 = nn.Linear(32, 32)
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        x = F.relu(self.hidden1(x))
        x = F.relu(self.hidden2(x))
        return self.head(x).squeeze(-1)


def nash_sutcliffe(sim, obs):
    return 1 - ((sim - obs) ** 2).sum() / ((obs - obs.mean()) ** 2).sum()


def main():
    torch.manual_seed(11)
    x, q = catchment_days(1600, seed=11)
    x_val, q_val = catchment_days(500, seed=12)
    mu, sd = x.mean(0), x.std(0)
    x = torch.tensor((x - mu) / sd, dtype=torch.float32)
    x_val = torch.tensor((x_val - mu) / sd, dtype=torch.float32)
    q_mu, q_sd = q.mean(), q.std()
    q = torch.tensor((q - q_mu) / q_sd, dtype=torch.float32)
    q_val = torch.tensor((q_val - q_mu) / q_sd, dtype=torch.float32)

    net = DischargeNet(x.shape[1])
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    for epoch in range(40):
        net.train()
        losses = []
        for idx in torch.randperm(len(x)).split(32):
            opt.zero_grad()
            loss = F.mse_loss(net(x[idx]), q[idx])
            loss.backward()
            opt.step()
            losses.append(loss.item())
        net.eval()
        with torch.no_grad():
            sim = net(x_val)
            val = F.mse_loss(sim, q_val).item()
            nse = nash_sutcliffe(sim, q_val).item()
        if (epoch + 1) % 4 == 0:
            log.info("epoch %d train mse %.4g val mse %.4g NSE %.3f", epoch + 1, np.mean(losses), val, nse)
    print(f"metric: nse {nse:.4f}")


if __name__ == "__main__":
    main()
