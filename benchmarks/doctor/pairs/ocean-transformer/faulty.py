"""Eddy or front? Short temperature sections through the ocean, classified by a small transformer encoder."""
import math

import numpy as np
import torch
import torch.nn as nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(30)
STATIONS, DEPTHS = 16, 8
CLASSES = ["cyclone", "anticyclone", "front", "background"]


def sections(n, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(CLASSES), n)
    x = np.linspace(-1, 1, STATIONS)[None, :, None]
    z = np.linspace(0, 1, DEPTHS)[None, None, :]
    centre = rng.uniform(-0.6, 0.6, (n, 1, 1))
    width = rng.uniform(0.15, 0.35, (n, 1, 1))
    bump = np.exp(-((x - centre) / width) ** 2) * np.exp(-2 * z)
    step = np.tanh((x - centre) / 0.1) * np.exp(-z) * rng.choice([-1, 1], (n, 1, 1))
    sign = np.array([-1.0, 1.0, 0.0, 0.0])[kind][:, None, None]
    field = 1.3 * sign * bump + 0.6 * (kind == 2)[:, None, None] * step
    field = field + rng.normal(0, 0.5, (n, 1, 1)) + rng.normal(0, 0.45, (n, STATIONS, DEPTHS))
    return TensorDataset(torch.tensor(field, dtype=torch.float32), torch.tensor(kind))


class SectionTransformer(nn.Module):
    def __init__(self, d_model=32, heads=4, layers=2):
        super().__init__()
        self.project = nn.Linear(DEPTHS, d_model)
        position = torch.arange(STATIONS)[:, None]
        rate = torch.exp(torch.arange(0, d_model, 2) * (-math.log(1000.0) / d_model))
        table = torch.zeros(STATIONS, d_model)
        table[:, 0::2], table[:, 1::2] = torch.sin(position * rate), torch.cos(position * rate)
        self.register_buffer("position", table)
        layer = nn.TransformerEncoderLayer(d_model, heads, 64, dropout=0.1, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(d_model, len(CLASSES))

    def forward(self, section):
        h = self.encoder(self.project(section) + self.position)
        return self.head(h.mean(dim=1))


train_loader = DataLoader(sections(1200, 300), batch_size=32, shuffle=True)
test_set = sections(400, 301)
model = SectionTransformer()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)

epochs = 12
warmup_steps = 4000


def schedule(step):
    """Linear warm-up, then inverse square root, as in the paper."""
    step = step + 1
    return min(step / warmup_steps, math.sqrt(warmup_steps / step))


scheduler = LambdaLR(optimizer, schedule)

for epoch in range(epochs):
    model.train()
    total, count = 0.0, 0
    for section, kind in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(section), kind)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        total += loss.item() * len(kind)
        count += len(kind)
    model.eval()
    with torch.no_grad():
        section, kind = test_set.tensors
        logits = model(section)
        test_loss = criterion(logits, kind).item()
        test_acc = (logits.argmax(dim=1) == kind).float().mean().item()
    print(f"epoch {epoch + 1:2d} | train loss {total / count:.4f} | test loss {test_loss:.4f} | test acc {test_acc:.4f}")

print(f"metric: accuracy {test_acc:.4f}")
