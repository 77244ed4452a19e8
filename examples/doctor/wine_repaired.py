"""wine.py with both of its faults repaired: the doctor has nothing to say."""

import torch
from sklearn.datasets import load_wine
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
x, y = load_wine(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
order = torch.randperm(len(x))
train, test = order[:120], order[120:]
x = (x - x[train].mean(0)) / x[train].std(0)

model = nn.Sequential(
    nn.Linear(13, 32),
    nn.ReLU(),
    nn.Linear(32, 3),
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)

for epoch in range(60):
    for rows in torch.randperm(len(train)).split(20):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[train][rows]), y[train][rows])
        loss.backward()
        optimizer.step()
    if epoch % 20 == 19:
        print(f"epoch {epoch + 1} loss {loss.item():.3f}")

with torch.no_grad():
    accuracy = (model(x[test]).argmax(1) == y[test]).float().mean().item()
print(f"test accuracy {accuracy:.3f}")
