"""Digits with micro-batches of 4, sixteen to a step."""
import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

ap = argparse.ArgumentParser()
ap.add_argument("--micro", type=int, default=4)
ap.add_argument("--accumulate", type=int, default=16)
ap.add_argument("--epochs", type=int, default=6)
ap.add_argument("--lr", type=float, default=0.1)
args = ap.parse_args()

torch.manual_seed(3)
bunch = load_digits()
data = TensorDataset(torch.from_numpy(bunch.images).float().unsqueeze(1) / 16, torch.from_numpy(bunch.target))
train_set, val_set = random_split(data, [1440, 357])
train_dl = DataLoader(train_set, batch_size=args.micro, shuffle=True, drop_last=True)
val_dl = DataLoader(val_set, batch_size=119)


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 8, 3, padding=1)
        self.c2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc = nn.Linear(16 * 2 * 2, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


model = Small()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=0.9)
for epoch in range(args.epochs):
    model.train()
    optimizer.zero_grad()
    for i, (x, y) in enumerate(train_dl, start=1):
        loss = F.cross_entropy(model(x), y) / args.accumulate
        loss.backward()
        if i % args.accumulate == 0:
            optimizer.step()
            optimizer.zero_grad()
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in val_dl:
            hits += (model(x).argmax(1) == y).sum().item()
    print(f"epoch {epoch}: val accuracy {hits / len(val_set):.3f}")
print(f"metric: accuracy {hits / len(val_set):.4f}")
