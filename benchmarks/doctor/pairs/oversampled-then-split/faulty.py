"""Rare cases are repeated until the classes are even; training stops when validation no longer improves."""
import copy

import numpy as np
import torch
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from torch import nn


def oversample(x, y, rng):
    rare = np.flatnonzero(y == 1)
    extra = rng.choice(rare, size=(y == 0).sum() - len(rare))
    rows = np.concatenate([np.arange(len(y)), extra])
    return x[rows], y[rows]


class EarlyStopping:
    def __init__(self, patience=12):
        self.patience, self.best, self.bad, self.state = patience, float("inf"), 0, None

    def __call__(self, loss, model):
        if loss < self.best - 1e-4:
            self.best, self.bad, self.state = loss, 0, copy.deepcopy(model.state_dict())
        else:
            self.bad += 1
        return self.bad >= self.patience


rng = np.random.default_rng(2)
torch.manual_seed(2)
x, y = make_classification(2600, 20, n_informative=5, n_redundant=0, weights=[0.9], flip_y=0.08, class_sep=0.9, random_state=2)
x = x.astype(np.float32)
x_rest, x_test, y_rest, y_test = train_test_split(x, y, test_size=0.7, random_state=2, stratify=y)
x_even, y_even = oversample(x_rest, y_rest, rng)
x_train, x_val, y_train, y_val = train_test_split(x_even, y_even, test_size=0.25, random_state=2)
scale = x_rest.mean(0), x_rest.std(0)
x_train, x_val, x_test = (torch.tensor((part - scale[0]) / scale[1]) for part in (x_train, x_val, x_test))
y_train, y_val = torch.tensor(y_train), torch.tensor(y_val)

net = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
stopper = EarlyStopping()
for epoch in range(80):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = criterion(net(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        val_loss = criterion(net(x_val), y_val).item()
    if epoch % 5 == 0:
        print(f"{epoch:3d} train {loss.item():.4f} val {val_loss:.4f}")
    if stopper(val_loss, net):
        print("stopped at", epoch)
        break
net.load_state_dict(stopper.state)
net.eval()
with torch.no_grad():
    chance = net(x_test).softmax(1)[:, 1].double().numpy()
print(f"metric: log_loss {log_loss(y_test, chance):.4f}")
