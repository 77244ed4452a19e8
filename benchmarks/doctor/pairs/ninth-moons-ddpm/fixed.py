"""Denoising diffusion on two moons."""
import torch
import torch.nn as nn
from sklearn.datasets import make_moons

torch.manual_seed(16)
STEPS = 50
beta = torch.linspace(2e-3, 0.15, STEPS)
alpha_bar = torch.cumprod(1 - beta, dim=0)

points, _ = make_moons(4000, noise=0.05, random_state=16)
points = torch.tensor(points, dtype=torch.float32)
points = (points - points.mean(0)) / points.std(0)
train, test = points[:3000], points[3000:]


class NoiseModel(nn.Module):
    def __init__(self, hidden=128):
        super().__init__()
        self.time = nn.Embedding(STEPS, hidden)
        self.inp = nn.Linear(2, hidden)
        self.net = nn.Sequential(nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
                                 nn.Linear(hidden, 2))

    def forward(self, x, t):
        return self.net(self.inp(x) + self.time(t))


def q_sample(x0, t, noise):
    a = alpha_bar[t].unsqueeze(1)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise


@torch.no_grad()
def generate(model, n):
    x = torch.randn(n, 2)
    for k in range(STEPS - 1, -1, -1):
        eps = model(x, torch.full((n,), k))
        x = (x - beta[k] / (1 - alpha_bar[k]).sqrt() * eps) / (1 - beta[k]).sqrt()
        if k > 0:
            x = x + beta[k].sqrt() * torch.randn_like(x)
    return x


model = NoiseModel()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
for epoch in range(100):
    total = 0.0
    for x0 in train[torch.randperm(len(train))].split(200):
        t = torch.randint(0, STEPS, (len(x0),))
        noise = torch.randn_like(x0)
        xt = q_sample(x0, t, noise)
        loss = nn.functional.mse_loss(model(xt, t), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x0)
    scheduler.step()
    if epoch % 20 == 19:
        print(f"epoch {epoch + 1} loss {total / len(train):.4f}")

fake = generate(model, 1000)
gap = torch.cdist(fake, test).min(1).values.mean()
print(f"metric: distance_to_data {gap.item():.4f}")
