import copy

import torch
import torch.nn as nn
import torch.nn.functional as F


def leaf_batch(n, gen):
    """Silhouettes r(angle) with a class-specific number of lobes, drawn on a 20x20 canvas."""
    y = torch.randint(0, 4, (n,), generator=gen)
    lobes = torch.tensor([2.0, 3.0, 5.0, 7.0])[y]
    g = torch.linspace(-1, 1, 20)
    yy, xx = torch.meshgrid(g, g, indexing="ij")
    ang = torch.atan2(yy, xx)[None] + 6.28 * torch.rand(n, 1, 1, generator=gen)
    rad = (xx ** 2 + yy ** 2).sqrt()[None]
    edge = 0.6 + 0.25 * torch.cos(lobes[:, None, None] * ang)
    img = torch.sigmoid((edge - rad) * 15) * 3 + 2
    return (img + 0.4 * torch.randn(n, 20, 20, generator=gen)).unsqueeze(1), y


class ModelEMA:
    def __init__(self, model, decay):
        self.module = copy.deepcopy(model).eval()
        self.decay = decay
        for p in self.module.parameters():
            p.requires_grad_(False)

    @torch.no_grad()
    def update(self, model):
        for e, m in zip(self.module.parameters(), model.parameters()):
            e.mul_(self.decay).add_(m, alpha=1 - self.decay)
        for e, m in zip(self.module.buffers(), model.buffers()):
            e.copy_(m)


def make_net():
    layers, c = [], 1
    for o in (16, 32, 32):
        layers += [nn.Conv2d(c, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)]
        c = o
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 4, 4))


torch.manual_seed(2024)
gen = torch.Generator().manual_seed(2024)
x, y = leaf_batch(1200, gen)
x_val, y_val = leaf_batch(400, gen)
net = make_net()
ema = ModelEMA(net, decay=0.95)
opt = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=8)

for epoch in range(8):
    net.train()
    total = 0.0
    for idx in torch.randperm(len(x)).split(40):
        loss = F.cross_entropy(net(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
        ema.update(net)
        total += loss.item() * len(idx)
    sched.step()
    print(f"epoch {epoch + 1} lr {sched.get_last_lr()[0]:.4f} loss {total / len(x):.4f}")

with torch.no_grad():
    acc = (ema.module(x_val).argmax(1) == y_val).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
