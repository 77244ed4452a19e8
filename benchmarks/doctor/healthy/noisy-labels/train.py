"""Two moons where a tenth of the labels is simply wrong, as labels often are."""

import numpy as np
import torch
from sklearn.datasets import make_moons

rng = np.random.default_rng(5)
torch.manual_seed(5)
points, truth = make_moons(1600, noise=0.15, random_state=5)
label = np.where(rng.random(1600) < 0.1, 1 - truth, truth)
points = (points - points[:1200].mean(0)) / points[:1200].std(0)
x, y = torch.tensor(points, dtype=torch.float32), torch.tensor(label, dtype=torch.float32).unsqueeze(1)
x_train, y_train, x_test, y_test = x[:1200], y[:1200], x[1200:], y[1200:]

model = torch.nn.Sequential(
    torch.nn.Linear(2, 24), torch.nn.ReLU(), torch.nn.Linear(24, 24), torch.nn.ReLU(), torch.nn.Linear(24, 1)
)
loss_fn = torch.nn.BCEWithLogitsLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)

for epoch in range(30):
    for rows in torch.randperm(1200).split(40):
        optimizer.zero_grad()
        loss = loss_fn(model(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            right = ((model(x_test) > 0).float() == y_test).float().mean()
        print(f"epoch {epoch + 1} loss {loss.item():.3f} test accuracy {right:.3f}")

with torch.no_grad():
    accuracy = ((model(x_test) > 0).float() == y_test).float().mean().item()
print(f"metric: accuracy {accuracy:.4f}")
