"""Adapt a pretrained scorer to a new domain with low-rank adapters; the base weights stay frozen."""
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(19)
D, H, C = 24, 96, 5
mixer = torch.linalg.qr(torch.randn(D, D)).Q
centres = torch.randn(C, D) * 1.1


def domain(n, rotate):
    y = torch.randint(0, C, (n,))
    x = centres[y] + torch.randn(n, D)
    return (x @ mixer if rotate else x), y


class LoRALinear(nn.Module):
    def __init__(self, base, rank=12, alpha=12.0):
        super().__init__()
        self.base = base
        for p in self.base.parameters():
            p.requires_grad = False
        self.A = nn.Parameter(torch.zeros(rank, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x):
        return self.base(x) + self.scale * (x @ self.A.T @ self.B.T)


def fit(model, x, y, epochs, lr, tag):
    params = [p for p in model.parameters() if p.requires_grad]
    opt = torch.optim.AdamW(params, lr=lr, weight_decay=1e-2)
    for epoch in range(epochs):
        total = 0.0
        for idx in torch.randperm(len(x)).split(64):
            loss = F.cross_entropy(model(x[idx]), y[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item() * len(idx)
        print(f"{tag} {epoch + 1}: {total / len(x):.4f} ({sum(p.numel() for p in params)} trainable)")


def accuracy(model, x, y):
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


model = nn.Sequential(nn.Linear(D, H), nn.ReLU(), nn.Linear(H, H), nn.ReLU(), nn.Linear(H, C))
fit(model, *domain(3000, False), epochs=5, lr=1e-3, tag="pretrain")
for k in (0, 2, 4):
    model[k] = LoRALinear(model[k])
x_new, y_new = domain(2000, True)
fit(model, x_new, y_new, epochs=10, lr=3e-3, tag="adapt")
print(f"metric: accuracy {accuracy(model, *domain(1000, True)):.4f}")
