"""Residual blocks on handwritten digits."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner, self.outer = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x):
        return x + self.outer(F.relu(self.inner(F.relu(x))))


class ResMlp(nn.Module):
    def __init__(self, width=24, depth=3, classes=10):
        super().__init__()
        self.depth = depth
        self.enter = [nn.Linear(64, width)]
        self.blocks = [Block(width) for _ in range(depth)]
        self.leave = nn.Linear(width, classes)

    def forward(self, x):
        x = self.enter[0](x)
        for block in self.blocks:
            x = block(x)
        return self.leave(x)


torch.manual_seed(10)
digits = load_digits()
pixels, labels = torch.tensor(digits.data / 8 - 1, dtype=torch.float32), torch.tensor(digits.target)
mixed = torch.randperm(len(labels))
fit, check = mixed[:1400], mixed[1400:]
model = ResMlp()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
lr_now = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.95)
for epoch in range(15):
    model.train()
    for rows in fit[torch.randperm(len(fit))].split(35):
        loss = F.cross_entropy(model(pixels[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    lr_now.step()
    model.eval()
    with torch.no_grad():
        accuracy = (model(pixels[check]).argmax(1) == labels[check]).float().mean().item()
    print(f"epoch {epoch + 1}: {loss.item():.4f} {accuracy:.4f}")
print(f"metric: accuracy {accuracy:.4f}")
