"""Which event a sequence of readings holds: attention over the steps."""
import torch
from torch import nn


class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3, 24)
        self.score = nn.Linear(24, 1)
        self.classify = nn.Linear(24, 3)

    def forward(self, readings):
        h = torch.relu(self.embed(readings))
        weight = torch.softmax(self.score(h), dim=1)
        return self.classify((weight * h).sum(dim=1))


def events(n):
    y = torch.randint(0, 3, (n,))
    x = 0.5 * torch.randn(n, 20, 3)
    at = torch.randint(0, 20, (n,))
    x[torch.arange(n), at, y] += 4.0
    return x, y


torch.manual_seed(50)
(x, y), (xt, yt) = events(1200), events(400)
model = Pooled()
opt = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(20):
    for i in torch.randperm(1200).split(32):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x[i]), y[i])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    acc = sum((model(a).argmax(1) == b).sum().item() for a, b in zip(xt.split(1), yt.split(1))) / len(yt)
print(f"metric: accuracy {acc:.4f}")
