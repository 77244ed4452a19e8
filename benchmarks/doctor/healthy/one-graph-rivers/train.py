"""Nitrate at every node of one river network (a tree): message passing down the stream, masked nodes held out,
a batch of one graph, plain tensors and manual Adam-free updates through torch.func."""
import numpy as np
import torch
import torch.nn.functional as F
from torch.func import functional_call, grad_and_value
from torch import nn

torch.manual_seed(17)
rng = np.random.default_rng(17)
NODES = 700
downstream = np.array([rng.integers(max(0, i - 12), i) if i else 0 for i in range(NODES)])
crops, slope, sewage = rng.beta(2, 2, NODES), rng.gamma(2, 0.5, NODES), (rng.random(NODES) < 0.1) * rng.gamma(2, 1, NODES)
local = 4 * crops + 1.2 * sewage
load, area = local.copy(), np.ones(NODES)
for i in range(NODES - 1, 0, -1):
    keep = np.exp(-0.15 / slope[i].clip(0.2))
    load[downstream[i]] += keep * load[i]
    area[downstream[i]] += area[i]
nitrate = load / area + rng.normal(0, 0.05, NODES)

x = torch.tensor(np.stack([crops * 4 - 2, slope - 1, sewage - 0.2, np.log(area) - 1], 1), dtype=torch.float32)
y = torch.tensor((nitrate - nitrate.mean()) / nitrate.std(), dtype=torch.float32)
edges = torch.tensor(np.stack([np.arange(1, NODES), downstream[1:]]))
degree = torch.ones(NODES).index_add(0, edges[1], torch.ones(NODES - 1))
train_mask = torch.tensor(rng.random(NODES) < 0.6)


class RiverGNN(nn.Module):
    def __init__(self, width=24, rounds=3):
        super().__init__()
        self.lift = nn.Linear(4, width)
        self.message = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(rounds))
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        h = torch.tanh(self.lift(x))
        for layer in self.message:
            arrived = torch.zeros_like(h).index_add(0, edges[1], h[edges[0]]) / degree[:, None]
            h = h + torch.tanh(layer(torch.cat([h, arrived], dim=1)))
        return self.out(h).squeeze(1)


net = RiverGNN()
weights = {k: v.detach().clone() for k, v in net.named_parameters()}


def objective(weights):
    return F.mse_loss(functional_call(net, weights, (x,))[train_mask], y[train_mask])


speed = {k: torch.zeros_like(v) for k, v in weights.items()}
for step in range(400):
    grads, loss = grad_and_value(objective)(weights)
    speed = {k: 0.9 * speed[k] + grads[k] for k in weights}
    weights = {k: weights[k] - 0.03 * speed[k] for k in weights}
    if step % 50 == 49:
        print(f"step {step + 1} mse {loss.item():.4f}")

with torch.no_grad():
    error = F.mse_loss(functional_call(net, weights, (x,))[~train_mask], y[~train_mask])
print(f"metric: mse {error:.4f}")
