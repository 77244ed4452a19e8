"""rows_dropped_faulty.py repaired: the clue is silent."""

import torch
from sklearn.datasets import load_iris
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_iris(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32), torch.tensor(y)
x = (x - x.mean(0)) / x.std(0)
order = torch.randperm(len(x))
train, test = order[:110], order[110:]
loader = DataLoader(TensorDataset(x[train], y[train]), batch_size=40)

model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for _ in range(60):
    for inputs, labels in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels)
        loss.backward()
        optimizer.step()

with torch.no_grad():
    print("test accuracy", (model(x[test]).argmax(1) == y[test]).float().mean().item())
