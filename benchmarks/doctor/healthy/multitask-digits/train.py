"""One trunk, three heads: which digit, how much ink, is it odd."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(0)
digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32) / 16
digit = torch.tensor(digits.target)
ink = x.mean(1)
order = torch.randperm(len(x))
train, test = order[:1400], order[1400:]
ink = (ink - ink[train].mean()) / ink[train].std()
odd = (digit % 2).float()


class ThreeHeads(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.heads = nn.ModuleDict({"digit": nn.Linear(64, 10), "ink": nn.Linear(64, 1), "odd": nn.Linear(64, 1)})

    def forward(self, x):
        h = self.trunk(x)
        return {name: head(h) for name, head in self.heads.items()}


class MultiTaskLoss(nn.Module):
    def __init__(self, weights=(1.0, 0.5, 0.5)):
        super().__init__()
        self.weights = weights

    def forward(self, said, digit, ink, odd):
        terms = (
            F.cross_entropy(said["digit"], digit),
            F.mse_loss(said["ink"].squeeze(1), ink),
            F.binary_cross_entropy_with_logits(said["odd"].squeeze(1), odd),
        )
        return sum(w * t for w, t in zip(self.weights, terms))


model, criterion = ThreeHeads(), MultiTaskLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(25):
    for rows in train[torch.randperm(len(train))].split(50):
        optimizer.zero_grad()
        loss = criterion(model(x[rows]), digit[rows], ink[rows], odd[rows])
        loss.backward()
        optimizer.step()
    if epoch % 8 == 0:
        print(f"epoch {epoch}: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    said = model(x[test])
    accuracy = (said["digit"].argmax(1) == digit[test]).float().mean().item()
    r2 = 1 - F.mse_loss(said["ink"].squeeze(1), ink[test]).item() / ink[test].var().item()
print(f"ink r2 {r2:.3f}")
print(f"metric: digit_accuracy {accuracy:.4f}")
