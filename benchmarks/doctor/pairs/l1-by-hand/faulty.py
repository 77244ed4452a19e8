"""River stage from rain on twelve catchments, two days; a sparse network was wanted."""
import numpy as np
import torch


def l1(model):
    return sum(p.abs().sum() for p in model.parameters())


class Stage(torch.nn.Module):
    def __init__(self, n_in=24, width=64):
        super().__init__()
        self.a = torch.nn.Linear(n_in, width)
        self.b = torch.nn.Linear(width, width)
        self.c = torch.nn.Linear(width, 1)

    def forward(self, rain):
        h = torch.nn.functional.elu(self.a(rain))
        h = torch.nn.functional.elu(self.b(h)) + h
        return self.c(h).flatten()


PENALTY = 2e-2

torch.manual_seed(10)
rng = np.random.default_rng(10)
rain = rng.normal(0, 1, (2400, 24))
share = rng.normal(0, 1, 24) / 4
stage = np.sin(rain @ share * 1.5) + 0.5 * np.maximum(rain[:, :12] @ share[:12], 0) + 0.1 * rng.normal(size=2400)
stage = (stage - stage.mean()) / stage.std()
x, y = torch.tensor(rain, dtype=torch.float32), torch.tensor(stage, dtype=torch.float32)
model = Stage()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(30):
    for rows in torch.randperm(2000).split(50):
        fit = torch.mean((model(x[rows]) - y[rows]) ** 2)
        loss = fit + PENALTY * l1(model)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 6 == 0:
        print(f"{epoch:3d} fit {fit.item():.4f} loss {loss.item():.4f}")
with torch.no_grad():
    left = torch.mean((model(x[2000:]) - y[2000:]) ** 2)
print(f"metric: r2 {(1 - left / y[2000:].var()).item():.4f}")
