"""Digits with batch norm and dropout; the best validation score is kept."""
import copy

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(13)


def loaders(batch=64):
    d = load_digits()
    x = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16
    x = x + 3.0 * torch.rand(len(x), 1, 1, 1)
    y = torch.tensor(d.target)
    a, b, ya, yb = train_test_split(x, y, test_size=0.3, random_state=13)
    return DataLoader(TensorDataset(a, ya), batch, shuffle=True), DataLoader(TensorDataset(b, yb), 256)


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2))


def validate(model, loader):
    model.eval()
    right = count = 0
    with torch.no_grad():
        for x, y in loader:
            right += (model(x).argmax(1) == y).sum().item()
            count += len(y)
    return right / count


train_loader, valid_loader = loaders()
model = nn.Sequential(block(1, 16), block(16, 32), nn.Flatten(), nn.Dropout(0.4), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.15)
criterion = nn.CrossEntropyLoss()

print(f"before training: {validate(model, valid_loader):.3f}")
for epoch in range(9):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    accuracy = validate(model, valid_loader)
    print(f"epoch {epoch}: {accuracy:.3f}")
print(f"metric: accuracy {accuracy:.4f}")
