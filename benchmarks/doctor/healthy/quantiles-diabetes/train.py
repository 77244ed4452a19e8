"""Three quantiles of disease progression by pinball loss."""

import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split


class PinballLoss(nn.Module):
    def __init__(self, quantiles):
        super().__init__()
        self.register_buffer("q", torch.tensor(quantiles))

    def forward(self, said, y):
        error = y.unsqueeze(1) - said
        return torch.maximum(self.q * error, (self.q - 1) * error).mean()


torch.manual_seed(0)
X, y = load_diabetes(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=1)
x_mean, x_std, y_mean, y_std = X_train.mean(0), X_train.std(0), y_train.mean(), y_train.std()
X_train, X_test = (torch.tensor((a - x_mean) / x_std, dtype=torch.float32) for a in (X_train, X_test))
y_train, y_test = (torch.tensor((a - y_mean) / y_std, dtype=torch.float32) for a in (y_train, y_test))

model = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
criterion = PinballLoss([0.1, 0.5, 0.9])
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-3)
for epoch in range(60):
    model.train()
    for rows in torch.randperm(len(X_train)).split(32):
        loss = criterion(model(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 15 == 0:
        print(f"epoch {epoch}: {loss.item():.4f}")

model.eval()
with torch.no_grad():
    said = model(X_test)
    inside = ((y_test > said[:, 0]) & (y_test < said[:, 2])).float().mean().item()
    pinball = criterion(said, y_test).item()
print(f"inside the 80 % band: {inside:.3f}")
print(f"metric: pinball {pinball:.4f}")
