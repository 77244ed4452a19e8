"""Mixed precision on the CPU: autocast to bfloat16, gradients scaled."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.amp import GradScaler, autocast
from torch.utils.data import DataLoader, TensorDataset


class Block(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(n_out)

    def forward(self, x):
        return torch.relu(self.norm(self.conv(x)))


def network():
    return nn.Sequential(
        Block(1, 16), nn.MaxPool2d(2), Block(16, 32), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)
    )


def evaluate(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad(), autocast("cpu", dtype=torch.bfloat16):
        for x, y in loader:
            right += (model(x).argmax(1) == y).sum().item()
            total += len(y)
    return right / total


torch.manual_seed(0)
digits = load_digits()
pictures = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.3
labels = torch.tensor(digits.target)
order = torch.randperm(len(labels))
cut = 1400
train = DataLoader(TensorDataset(pictures[order[:cut]], labels[order[:cut]]), batch_size=64, shuffle=True)
test = DataLoader(TensorDataset(pictures[order[cut:]], labels[order[cut:]]), batch_size=256)

model = network()
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
scaler = GradScaler("cpu")
for epoch in range(16):
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        with autocast("cpu", dtype=torch.bfloat16):
            loss = nn.functional.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        scaler.step(optimizer)
        scaler.update()
    print(f"epoch {epoch}: loss {loss.item():.4f}")
print(f"metric: accuracy {evaluate(model, test):.4f}")
