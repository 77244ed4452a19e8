"""Gradients of four small batches to a step."""

import torch
import torch.nn.functional as F
from sklearn.datasets import load_breast_cancer
from torch.utils.data import DataLoader, TensorDataset, random_split

ACCUMULATE = 4
torch.manual_seed(42)

raw = load_breast_cancer()
x = torch.tensor(raw.data, dtype=torch.float32)
y = torch.tensor(raw.target)
train, valid = random_split(range(len(x)), [0.75, 0.25])
rows = list(train)
x = (x - x[rows].mean(0)) / x[rows].std(0)
train_loader = DataLoader(TensorDataset(x[rows], y[rows]), batch_size=8, shuffle=True)
x_valid, y_valid = x[list(valid)], y[list(valid)]

model = torch.nn.Sequential(torch.nn.Linear(30, 16), torch.nn.GELU(), torch.nn.Linear(16, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(20):
    model.train()
    optimizer.zero_grad()
    for i, (xb, yb) in enumerate(train_loader, start=1):
        loss = F.cross_entropy(model(xb), yb) / ACCUMULATE
        loss.backward()
        if i % ACCUMULATE == 0 or i == len(train_loader):
            optimizer.step()
            optimizer.zero_grad()
    if epoch % 5 == 0:
        print(f"epoch {epoch}: {loss.item() * ACCUMULATE:.4f}")

model.eval()
with torch.no_grad():
    accuracy = (model(x_valid).argmax(1) == y_valid).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
