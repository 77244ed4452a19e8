"""Tumour subtype from expression of 150 genes, with a sparse first layer."""
from types import SimpleNamespace

import torch
import torch.nn.functional as F

cfg = SimpleNamespace(genes=150, types=4, hidden=32, lr=2e-3, epochs=30, batch=40,
                      l1=3e-3, seed=17)
g = torch.Generator().manual_seed(cfg.seed)
torch.manual_seed(cfg.seed)

signature = torch.zeros(cfg.types, cfg.genes)
for k in range(cfg.types):
    signature[k, torch.randperm(cfg.genes, generator=g)[:12]] = 0.9


def cohort(n):
    labels = torch.randint(cfg.types, (n,), generator=g)
    expr = torch.randn(n, cfg.genes, generator=g) + signature[labels] * torch.randn(n, 1, generator=g).abs().add(0.4)
    return expr, labels


(x_tr, y_tr), (x_te, y_te) = cohort(1200), cohort(400)
mu, sd = x_tr.mean(0), x_tr.std(0)
x_tr, x_te = (x_tr - mu) / sd, (x_te - mu) / sd

w1 = (torch.randn(cfg.genes, cfg.hidden) / cfg.genes ** 0.5).requires_grad_()
b1 = torch.zeros(cfg.hidden, requires_grad=True)
w2 = (torch.randn(cfg.hidden, cfg.types) / cfg.hidden ** 0.5).requires_grad_()
b2 = torch.zeros(cfg.types, requires_grad=True)
params = [w1, b1, w2, b2]


def net(x):
    return F.relu(x @ w1 + b1) @ w2 + b2


opt = torch.optim.Adam(params, lr=cfg.lr)
for epoch in range(cfg.epochs):
    for idx in torch.randperm(len(x_tr)).split(cfg.batch):
        penalty = w1.abs().sum() + w2.abs().sum()
        loss = F.cross_entropy(net(x_tr[idx]), y_tr[idx]) + cfg.l1 * penalty
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 6 == 5:
        with torch.no_grad():
            print(epoch + 1, "loss", round(loss.item(), 4), "active", int((w1.abs() > 1e-2).sum()))

with torch.no_grad():
    acc = (net(x_te).argmax(1) == y_te).float().mean().item()
print("metric: accuracy %.4f" % acc)
