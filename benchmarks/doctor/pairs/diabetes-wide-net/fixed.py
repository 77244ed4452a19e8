"""Regression of diabetes progression; the network comes from a factory by name."""
import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

SIZES = {"model": [6]}


def make_model(name, n_in):
    layers = []
    for width in SIZES[name]:
        layers += [nn.Linear(n_in, width), nn.ReLU()]
        n_in = width
    return nn.Sequential(*layers, nn.Linear(n_in, 1))


def make_optimizer(name, params, **kw):
    return getattr(torch.optim, name)(params, **kw)


torch.manual_seed(17)
x, y = load_diabetes(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.3, random_state=17)
sx, sy = StandardScaler().fit(x_train), StandardScaler().fit(y_train[:, None])
x_train, x_test = (torch.tensor(sx.transform(v), dtype=torch.float32) for v in (x_train, x_test))
y_train, y_test = (torch.tensor(sy.transform(v[:, None]), dtype=torch.float32) for v in (y_train, y_test))

model = make_model("model", 10)
optimizer = make_optimizer("Adam", model.parameters(), lr=1e-3)
criterion = nn.MSELoss()
for epoch in range(60):
    model.train()
    losses = []
    for rows in np.array_split(np.random.RandomState(epoch).permutation(len(x_train)), 16):
        optimizer.zero_grad()
        loss = criterion(model(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        r2 = 1 - criterion(model(x_test), y_test).item() / y_test.var().item()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1:3d} train mse {np.mean(losses):.3f} test r2 {r2:.3f}")
print(f"metric: r2 {r2:.4f}")
