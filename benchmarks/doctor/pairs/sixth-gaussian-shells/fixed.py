import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_gaussian_quantiles

torch.manual_seed(0)
X, y = make_gaussian_quantiles(n_samples=3000, n_features=6, n_classes=3, random_state=0)
X = torch.from_numpy(X).float()
y = torch.from_numpy(y).long()
X_train, y_train, X_test, y_test = X[:2200], y[:2200], X[2200:], y[2200:]


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 3)

    def forward(self, x):
        x = self.fc1(x)
        x = F.relu(x)
        x = self.fc2(x)
        x = F.relu(x)
        return self.fc3(x)


net = MLP()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

for epoch in range(30):
    perm = torch.randperm(len(X_train))
    run = 0.0
    for i in range(0, len(X_train), 32):
        idx = perm[i:i + 32]
        optimizer.zero_grad()
        loss = criterion(net(X_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        run += loss.item() * len(idx)
    if epoch % 5 == 0:
        print(f"epoch {epoch}: loss {run / len(X_train):.4f}")

with torch.no_grad():
    acc = (net(X_test).argmax(1) == y_test).float().mean()
print(f"metric: accuracy {acc:.4f}")
