"""How long do moored buoys survive? Proportional hazards with a network in place of the linear term."""
import numpy as np
import torch
from torch import nn

torch.manual_seed(19)
rng = np.random.default_rng(19)


def deployments(n):
    depth_m = rng.uniform(20, 4500, n)
    hs_m = rng.gamma(3, 0.7, n)
    current_ms = rng.gamma(2, 0.15, n)
    ice_share = np.where(rng.random(n) < 0.3, rng.beta(1, 4, n), 0)
    battery_wh = rng.normal(9000, 1500, n)
    fouling = rng.beta(2, 3, n)
    log_hazard = (
        1.8 * (np.abs(depth_m - 2200) / 1100 - 1) + 0.5 * (hs_m - 2.1) + 1.5 * current_ms
        + 4.0 * ice_share + 1.2 * (fouling - 0.4) - 0.0005 * (battery_wh - 9000)
    )
    days = rng.weibull(1.8, n) * 700 * np.exp(-log_hazard / 1.8)
    censor = rng.uniform(200, 2200, n)
    table = np.column_stack([depth_m, hs_m, current_ms, ice_share, battery_wh, fouling])
    return table, np.minimum(days, censor), (days <= censor).astype(float)


def cox_loss(risk, time, event):
    at_risk = time[:, None] >= time[None, :]
    spread = risk[:, None].expand(len(risk), len(risk))
    denominator = spread.masked_fill(~at_risk, -torch.inf).logsumexp(dim=1)
    return -((risk - denominator) * event).sum() / event.sum().clamp(min=1)


def concordance(risk, time, event):
    comparable = (time[:, None] < time[None, :]) & (event[:, None] > 0)
    higher = (risk[:, None] > risk[None, :]).float() + 0.5 * (risk[:, None] == risk[None, :]).float()
    return higher[comparable].mean()


class RiskNet(nn.Module):
    def __init__(self, n_in, width=24):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_in, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False))

    def forward(self, x):
        return self.layers(x).squeeze(1)


table, *outcome = deployments(1200)
table_test, *outcome_test = deployments(500)
to_input = lambda a: torch.tensor(a, dtype=torch.float32)
x, x_test = to_input(table), to_input(table_test)
time, event = (torch.tensor(a, dtype=torch.float32) for a in outcome)
time_test, event_test = (torch.tensor(a, dtype=torch.float32) for a in outcome_test)

net = RiskNet(x.shape[1])
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(30):
    losses = []
    for idx in torch.randperm(len(x)).split(60):
        loss = cox_loss(net(x[idx]), time[idx], event[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 6 == 5:
        print(f"epoch {epoch + 1:2d} partial likelihood loss {np.mean(losses):.4f}")

net.eval()
with torch.no_grad():
    index = concordance(net(x_test), time_test, event_test)
print(f"metric: concordance {index:.4f}")
