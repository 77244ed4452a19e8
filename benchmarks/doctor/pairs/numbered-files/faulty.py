"""Pictures lie in an archive by file name, labels in a table in the order of the numbers."""
import re

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, Dataset


def make_archive():
    pictures, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(4).permutation(len(labels))
    archive = {f"scan_{i + 1}.png": pictures[j].reshape(8, 8) for i, j in enumerate(order)}
    return archive, labels[order]


def number(name):
    return int(re.findall(r"\d+", name)[0])


class ScanDataset(Dataset):
    def __init__(self, archive, labels, first, last):
        names = sorted(archive)
        self.items = list(zip(names, labels))[first:last]
        self.archive = archive

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        name, label = self.items[index]
        return torch.tensor(self.archive[name] / 16, dtype=torch.float32)[None], int(label)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 4, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.log_softmax(self.fc2(F.relu(self.fc1(torch.flatten(x, 1)))), dim=1)


def train(model, loader, optimizer, epoch):
    model.train()
    for step, (data, target) in enumerate(loader):
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
    print(f"Epoch {epoch}\tLoss: {loss.item():.6f}")


def test(model, loader):
    model.eval()
    hits = 0
    with torch.no_grad():
        for data, target in loader:
            hits += model(data).argmax(dim=1).eq(target).sum().item()
    return hits / len(loader.dataset)


torch.manual_seed(1)
archive, labels = make_archive()
train_loader = DataLoader(ScanDataset(archive, labels, 0, 1400), batch_size=64, shuffle=True)
test_loader = DataLoader(ScanDataset(archive, labels, 1400, None), batch_size=200)
model = Net()
optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
for epoch in range(1, 9):
    train(model, train_loader, optimizer, epoch)
print(f"metric: accuracy {test(model, test_loader):.4f}")
