"""Features learnt on the digits 0-4, frozen, and a new head for the digits 5-9 from few examples."""

import torch
from sklearn.datasets import load_digits
from torch import nn, optim


def batches(x, y, size):
    for rows in torch.randperm(len(x)).split(size):
        yield x[rows], y[rows]


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
x = (x - x.mean()) / x.std()
y = torch.tensor(digits.target)
low, high = y < 5, y >= 5

backbone = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten()
)
first = nn.Sequential(backbone, nn.Linear(32 * 16, 5))
opt = optim.Adam(first.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for _ in range(8):
    first.train()
    for xb, yb in batches(x[low], y[low], 32):
        opt.zero_grad()
        loss = criterion(first(xb), yb)
        loss.backward()
        opt.step()
print("digits 0-4, training accuracy", round(accuracy(first, x[low], y[low]), 4))

for p in backbone.parameters():
    p.requires_grad = False
model = nn.Sequential(backbone, nn.Linear(32 * 16, 5))
x_new, y_new = x[high], y[high] - 5
x_train, y_train, x_test, y_test = x_new[:300], y_new[:300], x_new[300:], y_new[300:]
opt = optim.Adam([p for p in model.parameters() if p.requires_grad], lr=3e-3)
for epoch in range(25):
    model.train()
    for xb, yb in batches(x_train, y_train, 32):
        opt.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        opt.step()
    if epoch % 6 == 0:
        print(epoch, round(loss.item(), 4))
print(f"metric: accuracy {accuracy(model, x_test, y_test):.4f}")
