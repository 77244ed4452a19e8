"""Single- or double-cropping (and which gap) from satellite NDVI series."""
import math

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(35)


def ndvi(n, steps=24):
    """Two green-up pulses; the class is the number of steps between them."""
    label = torch.randint(4, (n,))
    gap = torch.tensor([4, 7, 10, 13])[label]
    start = torch.randint(1, 9, (n,))
    t = torch.arange(steps)
    pulse = lambda c: torch.exp(-0.5 * ((t - c[:, None]) / 0.7) ** 2)
    x = pulse(start) + pulse(start + gap) + 0.08 * torch.randn(n, steps)
    return x.unsqueeze(-1), label


class CropTransformer(nn.Module):
    def __init__(self, d=32, heads=4, layers=2, classes=4, steps=24):
        super().__init__()
        self.inp = nn.Linear(1, d)
        pe = torch.zeros(steps, d)
        pos = torch.arange(steps).unsqueeze(1)
        div = torch.exp(torch.arange(0, d, 2) * (-math.log(200.0) / d))
        pe[:, 0::2], pe[:, 1::2] = torch.sin(pos * div), torch.cos(pos * div)
        self.register_buffer("pe", pe)
        layer = nn.TransformerEncoderLayer(d, heads, dim_feedforward=64, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.cls = nn.Linear(d, classes)

    def forward(self, x):
        h = self.inp(x) + self.pe
        h = self.encoder(h)
        return self.cls(h.mean(dim=1))


loader = DataLoader(TensorDataset(*ndvi(1200)), batch_size=32, shuffle=True)
x_test, y_test = ndvi(300)
model = CropTransformer()
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(10):
    model.train()
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    print("epoch", epoch, "loss", round(loss.item(), 3))

model.eval()
with torch.no_grad():
    acc = (model(x_test).argmax(-1) == y_test).float().mean().item()
print("metric: accuracy", acc)
