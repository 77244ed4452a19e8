"""Cloud type from sky-camera summary features, streamed from per-type archives."""
import itertools
import random

import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

random.seed(30)
torch.manual_seed(30)
TYPES = ["clear", "cirrus", "cumulus", "stratus", "nimbus"]
CENTERS = torch.randn(len(TYPES), 2, 8) * 1.4


def archive(kind, n):
    mode = torch.randint(2, (n,))
    return CENTERS[kind][mode] + torch.randn(n, 8)


ARCHIVES = {k: archive(k, 400) for k in range(len(TYPES))}
HOLDOUT = {k: archive(k, 100) for k in range(len(TYPES))}


class SkyStream(IterableDataset):
    def __init__(self, archives):
        self.archives = archives

    def records(self):
        for kind, features in self.archives.items():
            for row in features:
                yield row, kind

    def __iter__(self):
        records = list(self.records())
        yield from records


net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, len(TYPES)))
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
loader = DataLoader(SkyStream(ARCHIVES), batch_size=25)
for epoch in range(12):
    losses = []
    for x, y in loader:
        loss = nn.functional.cross_entropy(net(x), y)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        losses.append(loss.item())
    print("epoch", epoch, "mean loss", round(sum(losses) / len(losses), 4))

x = torch.cat(list(HOLDOUT.values()))
y = torch.tensor(list(itertools.chain.from_iterable([k] * len(v) for k, v in HOLDOUT.items())))
net.eval()
with torch.no_grad():
    print("metric: accuracy", (net(x).argmax(1) == y).float().mean().item())
