"""Rare weld defects in line-scan profiles."""
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import balanced_accuracy_score
from torch.utils.data import DataLoader, TensorDataset

rng = np.random.default_rng(50)
torch.manual_seed(50)


def scans(n, rate=0.04):
    bad = rng.random(n) < rate
    pos = np.arange(48)
    base = np.exp(-((pos - 24) / 9.0) ** 2) * rng.uniform(0.8, 1.2, (n, 1))
    at = rng.uniform(12, 36, (n, 1))
    pit = rng.uniform(0.35, 0.8, (n, 1)) * np.exp(-((pos - at) / 1.5) ** 2)
    x = base - pit * bad[:, None] + rng.normal(0, 0.1, (n, 48))
    return torch.tensor(x, dtype=torch.float32).unsqueeze(1), torch.tensor(bad.astype("float32"))


class WeldNet(nn.Module):
    def __init__(self, p=0.3):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2), nn.BatchNorm1d(16), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(16, 24, 5, padding=2), nn.BatchNorm1d(24), nn.ReLU(), nn.AdaptiveMaxPool1d(6))
        self.head = nn.Sequential(nn.Flatten(), nn.Dropout(p), nn.Linear(144, 1))

    def forward(self, x):
        return self.head(self.conv(x)).squeeze(1)


def evaluate(model, loader):
    model.eval()
    preds, labels = [], []
    with torch.no_grad():
        for x, y in loader:
            preds.append((model(x) > 0).int())
            labels.append(y.int())
    return balanced_accuracy_score(torch.cat(labels), torch.cat(preds))


x_train, y_train = scans(4000)
x_test, y_test = scans(2000)
model = WeldNet()
pos_weight = (y_train == 0).sum() / (y_train == 1).sum()
criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
train_loader = DataLoader(TensorDataset(x_train, y_train), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(x_test, y_test), batch_size=8)

for epoch in range(12):
    model.train()
    total = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    print(f"epoch {epoch + 1} loss {total / len(y_train):.4f}")

print(f"metric: balanced_accuracy {evaluate(model, test_loader):.4f}")
