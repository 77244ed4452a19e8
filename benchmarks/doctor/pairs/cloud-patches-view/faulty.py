"""Kind of cloud from channels-last patches."""
import numpy as np
import torch
from torch import nn


def patches(n, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, n)
    field = rng.normal(0, 0.7, (n, 12, 12, 3)).astype("float32")
    for c in range(3):
        field[kind == c, 2:10, 2:10, c] += 0.55
    return field, kind


class Clouds(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.head = nn.Linear(48, 3)

    def forward(self, patch):
        patch = patch.reshape(-1, 3, 12, 12)
        return self.head(self.body(patch))


torch.manual_seed(70)
field, kind = patches(900, 1)
test_field, test_kind = patches(300, 2)
x, y = torch.from_numpy(field), torch.from_numpy(kind)
net = Clouds()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(10):
    for i in torch.randperm(len(x)).split(30):
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x[i]), y[i])
        loss.backward()
        opt.step()
    print(epoch, loss.item())
with torch.no_grad():
    acc = (net(torch.from_numpy(test_field)).argmax(1).numpy() == test_kind).mean()
print(f"metric: accuracy {acc:.4f}")
