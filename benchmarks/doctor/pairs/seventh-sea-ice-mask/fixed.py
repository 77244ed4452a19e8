"""Sea-ice mask from a two-channel radar patch."""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter

torch.manual_seed(0)
rng = np.random.default_rng(100)


def patch(size=20):
    field = gaussian_filter(rng.standard_normal((size, size)), 2.5)
    mask = field > np.quantile(field, rng.uniform(0.4, 0.75))
    speckle = rng.gamma(4.0, 0.25, (2, size, size))
    back = np.stack([np.where(mask, 1.3, 0.7), np.where(mask, 0.6, 1.0)]) * speckle
    return np.log(back).astype("f4"), mask.astype("f4")


def patches(n):
    a, b = zip(*(patch() for _ in range(n)))
    return torch.tensor(np.stack(a)), torch.tensor(np.stack(b))


class IceNet(nn.Module):
    def __init__(self, c=8):
        super().__init__()
        self.enc = nn.Conv2d(2, c, 5, padding=2)
        self.mid = nn.Conv2d(c, c, 5, padding=2)
        self.out = nn.Conv2d(c, 1, 3, padding=1)

    def forward(self, x):
        h = F.relu(self.enc(x))
        h = F.relu(self.mid(h))
        h = self.out(h)
        return h.squeeze(1)


def iou(model, x, m):
    model.eval()
    with torch.no_grad():
        p = torch.sigmoid(model(x)) > 0.5
    m = m > 0.5
    return ((p & m).sum() / (p | m).sum()).item()


x_train, m_train = patches(300)
x_val, m_val = patches(80)
model = IceNet()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for epoch in range(10):
    model.train()
    for idx in torch.randperm(300).split(20):
        optimizer.zero_grad()
        loss = criterion(model(x_train[idx]), m_train[idx])
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch} loss {loss.item():.4f} iou {iou(model, x_val, m_val):.4f}")
print("metric: iou", iou(model, x_val, m_val))
