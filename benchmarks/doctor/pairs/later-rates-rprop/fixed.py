"""Demand for bicycles by hour, weather and day, from small random batches."""
import torch
from torch import nn
from torch.optim import Adam, Rprop

g = torch.Generator().manual_seed(17)
torch.manual_seed(17)
n = 4000
hour, warm, wet = torch.rand(n, generator=g) * 24, torch.randn(n, generator=g), torch.rand(n, generator=g)
demand = 2 * torch.sin((hour - 6) / 24 * 6.2832) + torch.relu(warm) * (hour > 9) - 1.5 * wet * warm + 0.7 * torch.randn(n, generator=g)
features = torch.stack([torch.sin(hour / 24 * 6.2832), torch.cos(hour / 24 * 6.2832), warm, 2 * wet - 1, (hour > 9).float()], 1)


def batches(upto, size):
    while True:
        rows = torch.randint(0, upto, (size,), generator=g)
        yield features[rows], demand[rows, None]


net = nn.Sequential(nn.Linear(5, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 1))
optimizer = Adam(net.parameters(), lr=0.003)
feed = batches(3200, 8)
running = None
for step in range(1, 3001):
    x, y = next(feed)
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(net(x), y)
    loss.backward()
    optimizer.step()
    running = loss.item() if running is None else 0.98 * running + 0.02 * loss.item()
    if step % 500 == 0:
        with torch.no_grad():
            error = nn.functional.mse_loss(net(features[3200:]), demand[3200:, None]).sqrt().item()
        print(f"step {step} running loss {running:.3f} test rmse {error:.3f}")
print(f"metric: rmse {error:.4f}")
