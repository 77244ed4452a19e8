"""Snow depth from station data."""
import argparse

import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.05)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--epochs", type=int, default=30)
parser.add_argument("--hidden", type=int, default=64)
args = parser.parse_args()

np.random.seed(1)
torch.manual_seed(1)


def stations(count):
    height, slope, month = np.random.rand(count), np.random.rand(count), np.random.rand(count)
    depth = 2 * height**2 - slope * np.cos(6 * month) + 0.05 * np.random.randn(count)
    columns = np.stack([height, slope, month], axis=1) * 2 - 1
    return torch.as_tensor(columns).float(), torch.as_tensor(depth).float()[:, None]


train, test = stations(1500), stations(500)
loader = DataLoader(TensorDataset(*train), batch_size=50, shuffle=True)
model = nn.Sequential(nn.Linear(3, args.hidden), nn.ReLU(), nn.Linear(args.hidden, args.hidden), nn.ReLU(), nn.Linear(args.hidden, 1))
optimizer = optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)
for epoch in range(args.epochs):
    for columns, depth in loader:
        optimizer.zero_grad()
        error = nn.functional.mse_loss(model(columns), depth)
        error.backward()
        optimizer.step()
    print(f"epoch {epoch} mse {error.item():.4f}")
model.eval()
with torch.inference_mode():
    rmse = nn.functional.mse_loss(model(test[0]), test[1]).sqrt()
print(f"metric: rmse {rmse.item():.4f}")
