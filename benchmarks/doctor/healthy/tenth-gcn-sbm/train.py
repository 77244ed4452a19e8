"""Transductive node classification on a stochastic block model; message passing by index_add.

Full-graph training: one step per epoch, the loss only looks at the training
mask, the validation mask picks the checkpoint and the test mask is read once.
"""
import copy

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(17)
rng = np.random.default_rng(17)

N, K, FEAT = 600, 4, 24
labels = rng.integers(0, K, N)
same = labels[:, None] == labels[None, :]
prob = np.where(same, 0.04, 0.006)
upper = np.triu(rng.random((N, N)) < prob, 1)
src, dst = np.nonzero(upper | upper.T)
protos = rng.normal(size=(K, FEAT)) * 0.35
feats = protos[labels] + rng.normal(size=(N, FEAT))

x = torch.tensor(feats, dtype=torch.float32)
y = torch.tensor(labels)
src, dst = torch.from_numpy(src), torch.from_numpy(dst)
loops = torch.arange(N)
src, dst = torch.cat([src, loops]), torch.cat([dst, loops])
deg = torch.zeros(N).index_add_(0, dst, torch.ones(len(dst)))
norm = (deg[src] * deg[dst]).rsqrt().unsqueeze(1)

perm = torch.from_numpy(rng.permutation(N))
masks = {name: torch.zeros(N, dtype=torch.bool) for name in ("train", "val", "test")}
masks["train"][perm[:120]] = True
masks["val"][perm[120:240]] = True
masks["test"][perm[240:]] = True


class GraphConv(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.lin = nn.Linear(d_in, d_out, bias=False)
        self.bias = nn.Parameter(torch.zeros(d_out))

    def forward(self, h):
        h = self.lin(h)
        out = torch.zeros(N, h.shape[1]).index_add(0, dst, h[src] * norm)
        return out + self.bias


class GCN(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.c1, self.c2 = GraphConv(FEAT, hidden), GraphConv(hidden, K)

    def forward(self, h):
        h = F.dropout(h, 0.3, self.training)
        h = F.relu(self.c1(h))
        h = F.dropout(h, 0.5, self.training)
        return self.c2(h)


net = GCN()
opt = torch.optim.Adam([
    {"params": net.c1.parameters(), "weight_decay": 5e-3},
    {"params": net.c2.parameters(), "weight_decay": 0.0},
], lr=1e-2)


@torch.no_grad()
def accuracy(which):
    net.eval()
    m = masks[which]
    return (net(x)[m].argmax(1) == y[m]).float().mean().item()


best_val, best_state, best_epoch = -1.0, None, 0
for epoch in range(200):
    net.train()
    loss = F.cross_entropy(net(x)[masks["train"]], y[masks["train"]])
    opt.zero_grad()
    loss.backward()
    opt.step()
    val = accuracy("val")
    if val > best_val:
        best_val, best_state, best_epoch = val, copy.deepcopy(net.state_dict()), epoch
    if epoch % 40 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} val {val:.3f}")

net.load_state_dict(best_state)
print(f"best epoch {best_epoch} val {best_val:.3f}")
print(f"metric: test_accuracy {accuracy('test'):.4f}")
