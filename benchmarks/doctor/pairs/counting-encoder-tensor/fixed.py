"""How many peaks has a curve? A recurrent encoder and a regression head."""
import math

import torch
from torch import nn


def curves(n, g):
    t = torch.linspace(0, 1, 40)
    count = torch.randint(1, 6, (n, 1), generator=g).float()
    wave = torch.sin(2 * math.pi * count * t + 6.28 * torch.rand(n, 1, generator=g))
    return (wave + 0.1 * torch.randn(n, 40, generator=g)).unsqueeze(-1), (count - 3) / 1.5


class Encoder(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True)

    def forward(self, x):
        states, _ = self.rnn(x)
        return states.mean(dim=1)


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.head = nn.Sequential(nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        features = self.encoder(x)
        return self.head(features)


g = torch.Generator().manual_seed(40)
torch.manual_seed(40)
x, y = curves(700, g)
x_test, y_test = curves(300, g)
model = Counter()
criterion = nn.SmoothL1Loss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(14):
    model.train()
    for i in torch.randperm(len(x)).split(50):
        optimizer.zero_grad()
        loss = criterion(model(x[i]), y[i])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()
    with torch.no_grad():
        error = (model(x_test) - y_test).abs().mean().item()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f} mae {error:.4f}")
print(f"metric: mae {error:.4f}")
