"""Two-store rainfall-runoff model whose rate constants come from catchment attributes through a network."""
import numpy as np
import torch
from torch import nn

torch.manual_seed(71)
rng = np.random.default_rng(71)
DAYS, WARMUP = 50, 10


def catchments(n):
    clay, slope, forest = rng.uniform(0, 1, (3, n))
    rain = rng.gamma(0.6, 9.0, (n, DAYS)) * (rng.random((n, DAYS)) < 0.45)
    pet = 2.0 + 1.5 * np.sin(np.arange(DAYS) / 20 + rng.uniform(0, 6, (n, 1)))
    k_fast = 0.15 + 0.6 / (1 + np.exp(-(4 * slope - 2 * forest - 1)))
    k_slow = 0.004 + 0.08 / (1 + np.exp(5 * clay - 2))
    share = 0.15 + 0.7 / (1 + np.exp(-(3 * forest - 3 * clay)))
    quick, base = np.full(n, 5.0), np.full(n, 40.0)
    flow = np.zeros((n, DAYS))
    for d in range(DAYS):
        wet = np.maximum(rain[:, d] - 0.5 * pet[:, d], 0)
        quick, base = quick + (1 - share) * wet, base + share * wet
        q1, q2 = k_fast * quick, k_slow * base
        quick, base, flow[:, d] = quick - q1, base - q2, q1 + q2
    flow *= rng.normal(1, 0.04, flow.shape)
    attributes = np.stack([clay, slope, forest], axis=1) * 2 - 1
    return [torch.tensor(a, dtype=torch.float32) for a in (attributes, rain, pet, flow)]


class StoreModel(nn.Module):
    def __init__(self, n_attributes, hidden=24):
        super().__init__()
        self.rates = nn.Sequential(nn.Linear(n_attributes, hidden), nn.Tanh(), nn.Linear(hidden, 3))

    def forward(self, attributes, rain, pet):
        fast, slow, share = torch.sigmoid(self.rates(attributes)).unbind(dim=1)
        quick = torch.full_like(fast, 5.0)
        base = torch.full_like(slow, 40.0)
        flow = []
        for day in range(rain.shape[1]):
            wet = (rain[:, day] - 0.5 * pet[:, day]).clamp(min=0)
            quick = quick + (1 - share) * wet
            base = base + share * wet
            q1, q2 = fast * quick, 0.1 * slow * base
            flow.append(q1 + q2)
            quick, base = (quick - q1).detach(), (base - q2).detach()
        return torch.stack(flow, dim=1)


def misfit(simulated, observed):
    return ((simulated - observed)[:, WARMUP:] ** 2).mean()


train, test = catchments(160), catchments(80)
model = StoreModel(3)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(14):
    total = 0.0
    for idx in torch.randperm(160).split(16):
        attributes, rain, pet, flow = (part[idx] for part in train)
        loss = misfit(model(attributes, rain, pet), flow)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() / 10
    if epoch % 2 == 1:
        print(f"epoch {epoch + 1:2d} misfit {total:.4f} mm2/d2")

with torch.no_grad():
    rmse = misfit(model(*test[:3]), test[3]).sqrt()
print(f"metric: rmse_mm_per_day {rmse:.4f}")
