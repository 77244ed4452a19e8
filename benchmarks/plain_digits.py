"""J1 as a careful person writes it by hand, from import to weights on disk: what benchmarks/whole.py holds `fit` against."""

import copy

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)
rows = torch.randperm(len(x))
n_train, n_fit = int(0.65 * len(x)), int(0.8 * len(x))
train, valid, test = rows[:n_train], rows[n_train:n_fit], rows[n_fit:]
net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20 * -(-n_train // 32))
loss_of, best, kept = nn.CrossEntropyLoss(), float("inf"), net.state_dict()
for _ in range(20):
    net.train()
    order = train[torch.randperm(n_train)]
    for batch in order.split(32):
        loss = loss_of(net(x[batch]), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        loss = loss_of(net(x[valid]), y[valid]).item()
    if loss < best:
        best, kept = loss, copy.deepcopy(net.state_dict())
net.load_state_dict(kept)
with torch.no_grad():
    print("accuracy", (net(x[test]).argmax(1) == y[test]).float().mean().item())
torch.save(kept, "weights.pt")
