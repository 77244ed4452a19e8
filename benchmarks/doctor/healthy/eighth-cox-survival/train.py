"""Relapse times under censoring: a small network with Cox's partial likelihood."""
import copy

import numpy as np
import pandas as pd
import torch
from torch import nn


def cohort(n, rng):
    frame = pd.DataFrame({
        "age": rng.normal(62, 9, n),
        "stage": rng.integers(1, 5, n),
        "marker": rng.lognormal(1.0, 0.6, n),
        "dose": rng.uniform(0, 60, n),
        "bmi": rng.normal(26, 4, n),
    })
    risk = (0.05 * (frame.age - 62) + 0.7 * (frame.stage - 2) + 0.9 * np.log(frame.marker)
            - 0.8 * np.tanh((frame.dose - 25) / 10) + 0.012 * (frame.bmi - 26) ** 2)
    event_time = rng.exponential(np.exp(-risk) * 20)
    censor_time = rng.exponential(25, n)
    frame["time"] = np.minimum(event_time, censor_time)
    frame["event"] = (event_time <= censor_time).astype(int)
    return frame


class Standardiser:
    def __init__(self, frame):
        self.centre, self.spread = frame.mean(), frame.std()

    def __call__(self, frame):
        return torch.tensor(((frame - self.centre) / self.spread).to_numpy(), dtype=torch.float32)


class RiskNet(nn.Module):
    def __init__(self, d, hidden=24):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, hidden), nn.SiLU(), nn.Dropout(0.1),
                                 nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, 1, bias=False))

    def forward(self, x):
        return self.net(x)[:, 0]


def partial_likelihood(score, time, event):
    order = torch.argsort(time, descending=True)
    score, event = score[order], event[order]
    at_risk = torch.logcumsumexp(score, dim=0)
    return -((score - at_risk) * event).sum() / event.sum()


def concordance(score, time, event):
    earlier = (time[:, None] < time[None, :]) & event[:, None].bool()
    higher = (score[:, None] > score[None, :]).float()
    return (higher[earlier].sum() / earlier.sum()).item()


def main():
    torch.manual_seed(7)
    data = cohort(2200, np.random.default_rng(7))
    columns = ["age", "stage", "marker", "dose", "bmi"]
    data["marker"] = np.log(data["marker"])
    parts = {"train": data[:1400], "val": data[1400:1700], "test": data[1700:]}
    scale = Standardiser(parts["train"][columns])
    tensors = {k: (scale(f[columns]), torch.tensor(f.time.to_numpy()).float(), torch.tensor(f.event.to_numpy()).float())
               for k, f in parts.items()}

    model = RiskNet(len(columns))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
    best, best_state, waited = float("inf"), None, 0
    x, time, event = tensors["train"]
    for epoch in range(300):
        model.train()
        optimizer.zero_grad()
        loss = partial_likelihood(model(x), time, event)
        loss.backward()
        optimizer.step()

        model.eval()
        with torch.no_grad():
            xv, tv, ev = tensors["val"]
            val = partial_likelihood(model(xv), tv, ev).item()
        if val < best:
            best, best_state, waited = val, copy.deepcopy(model.state_dict()), 0
        else:
            waited += 1
            if waited >= 40:
                break
        if epoch % 25 == 0:
            print(f"{epoch:3d} train {loss.item():.4f} val {val:.4f}")

    model.load_state_dict(best_state)
    model.eval()
    with torch.no_grad():
        xt, tt, et = tensors["test"]
        print("metric: c_index", round(concordance(model(xt), tt, et), 4))


main()
