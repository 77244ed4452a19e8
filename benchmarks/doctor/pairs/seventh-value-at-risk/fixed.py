"""Next-day 95 % loss quantile of a portfolio from its recent returns."""
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import mean_pinball_loss

torch.manual_seed(50)
np.random.seed(50)

LAGS, Q = 10, 0.95


def market(n):
    """Daily losses with persistent log-volatility, and a noisy implied-volatility index."""
    log_vol, losses, index = 0.0, [], []
    for _ in range(n):
        log_vol = 0.97 * log_vol + 0.17 * np.random.randn()
        losses.append(np.exp(log_vol) * np.random.standard_t(6) * np.sqrt(4 / 6))
        index.append(log_vol + 0.3 * np.random.randn())
    return np.array(losses), np.array(index)


losses, index = market(6000)
absolute = np.lib.stride_tricks.sliding_window_view(np.abs(losses[:-1]), LAGS)
X = np.column_stack([np.log(absolute.mean(1)), absolute[:, -1], index[LAGS - 1:-1]])
y = losses[LAGS:]
cut = 4500
X = (X - X[:cut].mean(0)) / X[:cut].std(0)
y = y / y[:cut].std()
X, y = torch.tensor(X).float(), torch.tensor(y).float()
X_train, y_train, X_test, y_test = X[:cut], y[:cut], X[cut + LAGS:], y[cut + LAGS:]


class QuantileNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


class PinballLoss(nn.Module):
    def __init__(self, q):
        super().__init__()
        self.q = q

    def forward(self, pred, target):
        e = target - pred
        return torch.maximum(self.q * e, (self.q - 1) * e).mean()


model, criterion = QuantileNet(), PinballLoss(Q)
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3, weight_decay=1e-4)
for epoch in range(15):
    running = []
    for idx in torch.randperm(len(X_train)).split(90):
        optimizer.zero_grad()
        loss = criterion(model(X_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        running.append(loss.item())
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1:2d}  pinball {np.mean(running):.4f}")

model.eval()
with torch.no_grad():
    var95 = model(X_test).numpy()
flat = np.full(len(y_test), np.quantile(y_train.numpy(), Q))
ours = mean_pinball_loss(y_test.numpy(), var95, alpha=Q)
base = mean_pinball_loss(y_test.numpy(), flat, alpha=Q)
print("breaches", float((y_test.numpy() > var95).mean()))
print("metric: skill_vs_unconditional", 1 - ours / base)
