"""A small U-Net outlines plots on noisy scenes; masks come as 8-bit pictures."""
import numpy as np
import torch
from torch import nn


def block(c_in, c_out):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1), nn.GroupNorm(4, c_out), nn.ReLU())


class UNet(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.down1, self.down2 = block(1, width), block(width, 2 * width)
        self.middle = block(2 * width, 2 * width)
        self.up2, self.up1 = block(4 * width, width), block(2 * width, width)
        self.out = nn.Conv2d(width, 1, 1)
        self.pool, self.grow = nn.MaxPool2d(2), nn.Upsample(scale_factor=2)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(self.pool(a))
        m = self.middle(self.pool(b))
        u = self.up2(torch.cat([self.grow(m), b], 1))
        return self.out(self.up1(torch.cat([self.grow(u), a], 1)))


class Scenes(torch.utils.data.Dataset):
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.scenes, self.masks = [], []
        for _ in range(n):
            mask = np.zeros((32, 32), np.uint8)
            for _ in range(2):
                top, left = rng.integers(0, 22, 2)
                high, wide = rng.integers(5, 10, 2)
                mask[top : top + high, left : left + wide] = 255
            self.scenes.append((mask > 0) * 0.5 + rng.normal(0, 0.45, mask.shape))
            self.masks.append(mask)

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, i):
        scene = torch.as_tensor(self.scenes[i], dtype=torch.float32)[None]
        mask = torch.as_tensor(self.masks[i])[None].float() / 255
        return scene, mask


def iou(model, loader):
    model.eval()
    both = either = 0
    with torch.no_grad():
        for scene, mask in loader:
            on, true = model(scene) > 0, mask > 0
            both += (on & true).sum().item()
            either += (on | true).sum().item()
    return both / max(either, 1)


torch.manual_seed(0)
train = torch.utils.data.DataLoader(Scenes(160, 1), batch_size=16, shuffle=True)
test = torch.utils.data.DataLoader(Scenes(80, 2), batch_size=40)
model = UNet()
criterion = nn.BCEWithLogitsLoss()  
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(10):
    model.train()
    running = 0.0
    for scene, mask in train:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(scene), mask)
        loss.backward()
        optimizer.step()
        running += loss.item()
    if epoch % 4 == 3:
        print(f"[{epoch + 1}] loss {running / len(train):.4f}")
print(f"metric: iou {iou(model, test):.4f}")
