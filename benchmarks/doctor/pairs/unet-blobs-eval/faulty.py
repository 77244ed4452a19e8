"""Bright blobs cut out of noise by a small U-Net with dropout in its bottom."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def scenes(n, g):
    yy, xx = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    image, mask = torch.zeros(n, 1, 16, 16), torch.zeros(n, 1, 16, 16)
    for i in range(n):
        for _ in range(2):
            cy, cx = 2 + 12 * torch.rand(2, generator=g)
            inside = ((yy - cy) ** 2 + (xx - cx) ** 2) < (2.0 + 2 * torch.rand(1, generator=g)) ** 2
            mask[i, 0][inside] = 1.0
    image = mask + 0.7 * torch.randn(n, 1, 16, 16, generator=g)
    return image, mask


def double(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())


class UNet(nn.Module):
    def __init__(self, c=8):
        super().__init__()
        self.down1, self.down2 = double(1, c), double(c, 2 * c)
        self.bottom = nn.Sequential(double(2 * c, 4 * c), nn.Dropout2d(0.5))
        self.up2, self.up1 = double(6 * c, 2 * c), double(3 * c, c)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Conv2d(c, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        z = self.bottom(F.max_pool2d(b, 2))
        z = self.up2(torch.cat([F.interpolate(z, scale_factor=2), b], 1))
        z = self.up1(torch.cat([F.interpolate(z, scale_factor=2), a], 1))
        return self.out(self.drop(z))


def dice(logits, mask):
    guess = (logits > 0).float()
    return (2 * (guess * mask).sum() / (guess.sum() + mask.sum() + 1e-6)).item()


torch.manual_seed(21)
g = torch.Generator().manual_seed(21)
x, m = scenes(240, g)
xv, mv = scenes(80, g)
net = UNet()
opt = torch.optim.Adam(net.parameters(), lr=3e-3)
for epoch in range(10):
    net.train()
    for pick in torch.randperm(len(x)).split(24):
        loss = F.binary_cross_entropy_with_logits(net(x[pick]), m[pick])
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        score = dice(net(xv), mv)
    print(f"epoch {epoch:2d}  loss {loss.item():.4f}  dice {score:.4f}")
print(f"metric: dice {score:.4f}")
