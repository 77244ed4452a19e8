"""Two parameter groups, each with a rate of its own that falls as training goes on."""
import numpy as np
import torch
from sklearn.datasets import make_classification
from torch import nn

torch.manual_seed(31)
rng = np.random.default_rng(31)
x, y = make_classification(3000, 20, n_informative=12, n_classes=4, n_clusters_per_class=2, class_sep=1.6, random_state=31)
x = torch.tensor((x - x[:2400].mean(0)) / x[:2400].std(0), dtype=torch.float32)
y = torch.tensor(y)


class Decay:
    """Multiplies the rates by `factor` at each call."""

    def __init__(self, optimizer, factor, floor=1e-7):
        self.optimizer, self.factor, self.floor = optimizer, factor, floor

    def __call__(self):
        for group in self.optimizer.param_groups:
            group["lr"] = max(group["lr"] * self.factor, self.floor)


def minibatches(rows, size):
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


body = nn.Sequential(nn.Linear(20, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU())
head = nn.Linear(64, 4)
opt = torch.optim.SGD([
    {"params": body.parameters(), "lr": 0.02},
    {"params": head.parameters(), "lr": 0.05},
], momentum=0.9)
decay = Decay(opt, 0.9)
for epoch in range(20):
    rows = torch.from_numpy(rng.permutation(2400))
    for batch in minibatches(rows, 40):
        loss = nn.functional.cross_entropy(head(body(x[batch])), y[batch])
        opt.zero_grad()
        loss.backward()
        opt.step()
    decay()
    with torch.no_grad():
        accuracy = (head(body(x[2400:])).argmax(1) == y[2400:]).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} accuracy {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
