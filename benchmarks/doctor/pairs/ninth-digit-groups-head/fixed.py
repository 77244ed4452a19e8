"""Reuse a pretrained body for a new label set."""
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class Net(nn.Module):
    def __init__(self, n_classes):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 16), nn.ReLU())
        self.fc = nn.Linear(16, n_classes)

    def forward(self, x):
        return self.fc(self.body(x))


def freeze(module):
    for p in module.parameters():
        p.requires_grad = False


def fit(model, optimizer, x, y, epochs):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        model.train()
        running = 0.0
        for idx in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss = criterion(model(x[idx]), y[idx])
            loss.backward()
            optimizer.step()
            running += loss.item() * len(idx)
        if (epoch + 1) % 5 == 0:
            print(f"  epoch {epoch + 1} loss {running / len(x):.4f}")


torch.manual_seed(33)
digits = load_digits()
x = torch.tensor(digits.data / 8.0 - 1.0, dtype=torch.float32)
digit = torch.tensor(digits.target)
tr, te = train_test_split(torch.arange(len(x)), test_size=0.25, random_state=33, stratify=digits.target)

print("source task")
net = Net(10)
fit(net, torch.optim.Adam(net.parameters(), lr=2e-3), x[tr[:900]], digit[tr[:900]], epochs=10)

print("target task")
groups = torch.tensor([0, 1, 2, 2, 1, 0, 3, 1, 0, 3])[digit]
net.fc = nn.Linear(16, 4)
optimizer = torch.optim.Adam([{"params": net.body[2].parameters(), "lr": 1e-4}, {"params": net.fc.parameters(), "lr": 1e-2}])
freeze(net.body[0])
fit(net, optimizer, x[tr], groups[tr], epochs=25)

net.eval()
with torch.no_grad():
    acc = (net(x[te]).argmax(1) == groups[te]).float().mean().item()
print(f"metric: accuracy {acc:.4f}")
