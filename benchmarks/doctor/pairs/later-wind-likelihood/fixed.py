"""Predict tomorrow's wind with its uncertainty."""
import torch
from torch import nn
from torch.distributions import Normal

torch.manual_seed(13)
days = 1500
season = torch.sin(torch.arange(days + 1) / 58.0)
wind = torch.zeros(days + 1)
for d in range(1, days + 1):
    wind[d] = 0.7 * wind[d - 1] + 0.4 * season[d] + (0.2 + 0.15 * season[d].abs()) * torch.randn(())
window = torch.stack([torch.cat([wind[d - 5 : d], season[d - 1 : d]]) for d in range(5, days)])
target = wind[5:days]
cut = 1100


class Forecaster(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 32), nn.SiLU(), nn.Linear(32, 2))

    def forward(self, x):
        mean, spread = self.net(x).unbind(1)
        return Normal(mean, nn.functional.softplus(spread) + 1e-2)


model = Forecaster()
optim = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(40):
    for rows in torch.randperm(cut).split(50):
        prediction = model(window[rows])
        loss = -prediction.log_prob(target[rows]).mean()
        optim.zero_grad()
        loss.backward()
        optim.step()
    with torch.no_grad():
        rmse = (model(window[cut:]).mean - target[cut:]).square().mean().sqrt().item()
    if epoch % 8 == 7:
        print(f"epoch {epoch + 1}: loss {loss.item():.3f} rmse {rmse:.3f}")
print(f"metric: rmse {min(rmse, 1e6):.4f}")
