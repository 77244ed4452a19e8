"""Self-supervised twins: an online encoder predicts what a slowly moving target encoder sees in another view.

The features are judged by nearest class means on held-out patterns."""
import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(23)
rng = np.random.default_rng(23)
CENTRES = rng.normal(size=(6, 24))


def patterns(n):
    kind = rng.integers(0, 6, n)
    return torch.tensor(CENTRES[kind] + 0.5 * rng.normal(size=(n, 24)), dtype=torch.float32), torch.tensor(kind)


def view(x):
    keep = (torch.rand_like(x) > 0.2).float()
    return x * keep + 0.4 * torch.randn_like(x)


def mlp(a, b, c):
    return nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU(), nn.Linear(b, c))


online = mlp(24, 64, 16)
predictor = mlp(16, 32, 16)
target = copy.deepcopy(online)
for p in target.parameters():
    p.requires_grad = False

x, _ = patterns(2000)
optimizer = torch.optim.Adam([*online.parameters(), *predictor.parameters()], lr=2e-3)
for epoch in range(15):
    online.train(), predictor.train(), target.train()
    total = 0.0
    for idx in torch.randperm(len(x)).split(100):
        a, b = view(x[idx]), view(x[idx])
        with torch.no_grad():
            goal_a, goal_b = F.normalize(target(a), dim=1), F.normalize(target(b), dim=1)
        guess_a, guess_b = F.normalize(predictor(online(b)), dim=1), F.normalize(predictor(online(a)), dim=1)
        loss = 2 - (guess_a * goal_a).sum(1).mean() - (guess_b * goal_b).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(target.parameters(), online.parameters()):
                slow.mul_(0.98).add_(fast, alpha=0.02)
        total += loss.item() * len(idx)
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} loss {total / len(x):.4f}")

online.eval()
reference, kind = patterns(300)
held, truth = patterns(600)
with torch.no_grad():
    z, zh = F.normalize(online(reference), dim=1), F.normalize(online(held), dim=1)
means = torch.stack([z[kind == k].mean(0) for k in range(6)])
accuracy = ((zh @ F.normalize(means, dim=1).T).argmax(1) == truth).float().mean()
print(f"metric: accuracy {accuracy:.4f}")
