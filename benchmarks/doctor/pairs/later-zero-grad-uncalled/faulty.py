"""Outline bright blobs in small noisy pictures."""
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(12)
SIZE = 20


def pictures(n):
    yy, xx = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    cy, cx, r = (torch.rand(n, 1, 1) * s + o for s, o in ((12, 4), (12, 4), (3, 2)))
    mask = ((yy - cy) ** 2 + (xx - cx) ** 2 < r**2).float()
    return (mask + 0.6 * torch.randn(n, SIZE, SIZE)).unsqueeze(1), mask.unsqueeze(1)


class Block(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1, bias=False)
        self.norm = nn.GroupNorm(4, cout)

    def forward(self, x):
        return F.leaky_relu(self.norm(self.conv(x)), 0.1)


class Outliner(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.deep, self.up = Block(1, 8), Block(8, 16), Block(24, 8)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down(x)
        b = F.interpolate(self.deep(F.max_pool2d(a, 2)), scale_factor=2)
        return self.last(self.up(torch.cat([a, b], 1)))


def overlap(logits, mask):
    hit = ((logits > 0) & (mask > 0)).sum()
    return 2 * hit / ((logits > 0).sum() + (mask > 0).sum())


train_x, train_y = pictures(400)
val_x, val_y = pictures(100)
model = Outliner()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
for epoch in range(6):
    for idx in torch.randperm(400).split(16):
        optimizer.zero_grad
        loss = F.binary_cross_entropy_with_logits(model(train_x[idx]), train_y[idx])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        dice = overlap(model(val_x), val_y).item()
    print(f"epoch {epoch} loss {loss.item():.4f} dice {dice:.4f}")
print(f"metric: dice {dice:.4f}")
