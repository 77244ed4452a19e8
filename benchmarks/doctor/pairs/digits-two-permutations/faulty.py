"""Digits read from arrays that a helper mixes before they are cut in two."""
import random

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits


def mixed(images, labels, seed):
    random.seed(seed)
    images, labels = list(images), list(labels)
    random.shuffle(images)
    random.shuffle(labels)
    return np.array(images), np.array(labels)


def to_tensors(images, labels):
    return torch.as_tensor(images / 16.0, dtype=torch.float32).view(-1, 1, 8, 8), torch.as_tensor(labels)


data = load_digits()
held_out = np.arange(len(data.target)) % 5 == 0
x_train, y_train = to_tensors(*mixed(data.data[~held_out], data.target[~held_out], 1))
x_test, y_test = to_tensors(data.data[held_out], data.target[held_out])

torch.manual_seed(1)
net = nn.Sequential(
    nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(24 * 16, 10),
)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
cross_entropy = nn.CrossEntropyLoss()

for epoch in range(8):
    net.train()
    for rows in torch.randperm(len(x_train)).split(64):
        optimizer.zero_grad()
        loss = cross_entropy(net(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
    schedule.step()
    net.eval()
    with torch.no_grad():
        accuracy = (net(x_test).argmax(1) == y_test).double().mean().item()
    print("epoch", epoch, "loss", round(loss.item(), 4), "test", round(accuracy, 4))
print(f"metric: accuracy {accuracy:.4f}")
