"""Solubility (log S) of drug-like molecules from descriptors; only 120 of them have been measured."""
import numpy as np
import torch
import torch.nn as nn
from sklearn.model_selection import train_test_split

rng = np.random.default_rng(55)
torch.manual_seed(55)

N, D = 520, 40
latent = rng.normal(size=(N, 10))                       # size, polarity, flexibility, ...
descriptors = latent @ rng.normal(size=(10, D)) * 0.5 + rng.normal(size=(N, D)) * 0.8
log_s = -1.1 * latent[:, 0] + 0.8 * latent[:, 1] - 0.6 * latent[:, 2] + 0.4 * np.tanh(latent[:, 3])
log_s = log_s - 2.8 + rng.normal(0, 1.2, N)

x_train, x_test, y_train, y_test = train_test_split(descriptors, log_s, train_size=120, random_state=0)
xm, xs = x_train.mean(0), x_train.std(0)
ym, ys = y_train.mean(), y_train.std()
x_train, x_test = (torch.tensor((a - xm) / xs, dtype=torch.float32) for a in (x_train, x_test))
y_train, y_test = (torch.tensor((a - ym) / ys, dtype=torch.float32)[:, None] for a in (y_train, y_test))


class Qsar(nn.Module):
    def __init__(self, width=128):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(D, width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, 1),
        )

    def forward(self, x):
        return self.layers(x)


model = Qsar()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0)
EPOCHS = 120
criterion = nn.MSELoss()

for epoch in range(EPOCHS):
    model.train()
    total = 0.0
    for idx in torch.randperm(len(x_train)).split(20):
        optimizer.zero_grad()
        loss = criterion(model(x_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    model.eval()
    with torch.no_grad():
        test_mse = criterion(model(x_test), y_test).item()
    if (epoch + 1) % 5 == 0:
        print(f"epoch {epoch + 1:3d}: train mse {total / len(x_train):.4f}, test mse {test_mse:.4f}")

print(f"metric: r2 {1 - test_mse / y_test.var(unbiased=False).item():.4f}")
