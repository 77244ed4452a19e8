"""Small pictures of three textures; a network carried over from another framework."""
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BN = dict(momentum=0.99, eps=1e-3)


class ConvUnit(nn.Module):
    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(c_out, **BN)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


def make_model():
    return nn.Sequential(
        ConvUnit(1, 16), ConvUnit(16, 24, stride=2), ConvUnit(24, 32, stride=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 3)
    )


def textures(n, rng):
    y = rng.integers(0, 3, n)
    i, j = np.mgrid[:16, :16]
    out = np.empty((n, 1, 16, 16), np.float32)
    for k, label in enumerate(y):
        phase, pitch, bright = rng.uniform(0, 6), rng.uniform(0.9, 1.3), rng.normal(0, 4)
        wave = {0: np.sin(pitch * i + phase), 1: np.sin(pitch * j + phase), 2: np.sin(pitch * (i + j) + phase)}[int(label)]
        out[k, 0] = (wave + rng.normal(0, 0.8, wave.shape)) * np.exp(0.5 * rng.normal()) + bright
    return TensorDataset(torch.from_numpy(out), torch.from_numpy(y))


torch.manual_seed(13)
rng = np.random.default_rng(13)
train = DataLoader(textures(769, rng), batch_size=48, shuffle=True)
test = DataLoader(textures(400, rng), batch_size=100)
model = make_model()
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.05)
opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
for epoch in range(12):
    model.train()
    for x, y in train:
        opt.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.step()
    print(f"epoch {epoch}: {loss.item():.4f}")
model.eval()
with torch.no_grad():
    good = sum((model(x).argmax(1) == y).sum().item() for x, y in test)
print(f"metric: accuracy {good / len(test.dataset):.4f}")
