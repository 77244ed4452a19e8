"""Crop yield from soil and weather."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(33)
n = 1500
rain, heat, ph, nitrogen = 300 + 700 * torch.rand(n), 5 + 25 * torch.rand(n), 4 + 4 * torch.rand(n), 200 * torch.rand(n)
growth = 3 * torch.exp(-((rain - 650) / 200) ** 2) + 2 * torch.exp(-((heat - 18) / 6) ** 2) + nitrogen / 100 - 0.5 * (ph - 6) ** 2
growth = growth + 0.2 * torch.randn(n)
table = torch.stack([rain, heat, ph, nitrogen], dim=1)
loader = DataLoader(TensorDataset(table[:1200], growth[:1200]), batch_size=32, shuffle=True)

network = nn.Sequential(nn.Linear(4, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1))
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
for epoch in range(30):
    for soil, wanted in loader:
        predicted = network(soil)
        loss = criterion(predicted, wanted)
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        with torch.no_grad():
            rmse = (network(table[1200:]).squeeze(-1) - growth[1200:]).pow(2).mean().sqrt().item()
        print(f"epoch {epoch + 1} loss {loss.item():.3f} rmse {rmse:.3f}")
print(f"metric: rmse {rmse:.4f}")
