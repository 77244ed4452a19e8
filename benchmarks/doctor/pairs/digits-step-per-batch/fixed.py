"""Digits with a step schedule."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset, random_split


class Digits(Dataset):
    def __init__(self):
        raw = load_digits()
        self.x = (raw.data / 16).astype("float32")
        self.y = raw.target

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


def accuracy_of(model, loader):
    model.eval()
    with torch.no_grad():
        right = [(model(x).argmax(1) == y) for x, y in loader]
    return torch.cat(right).float().mean().item()


torch.manual_seed(3)
train_set, test_set = random_split(Digits(), [1400, 397])
train_loader = DataLoader(train_set, batch_size=28, shuffle=True)
test_loader = DataLoader(test_set, batch_size=397)
model = nn.Sequential(nn.Linear(64, 80), nn.ReLU(), nn.Linear(80, 40), nn.ReLU(), nn.Linear(40, 10))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, nesterov=True)
scheduler = StepLR(optimizer, step_size=8, gamma=0.3)
criterion = nn.CrossEntropyLoss()
for epoch in range(20):
    model.train()
    epoch_loss = 0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    scheduler.step()
    acc = accuracy_of(model, test_loader)
    print(f"epoch {epoch} loss {epoch_loss / len(train_loader):.4f} acc {acc:.4f}")
print(f"metric: accuracy {acc:.4f}")
