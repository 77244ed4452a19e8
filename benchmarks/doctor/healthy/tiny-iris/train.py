"""Forty-five flowers to learn from, a hundred and five to test on."""

import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
features, species = load_iris(return_X_y=True)
a, b, ya, yb = train_test_split(features, species, train_size=45, stratify=species, random_state=2)
mean, std = a.mean(0), a.std(0)
a = torch.tensor((a - mean) / std, dtype=torch.float32)
b = torch.tensor((b - mean) / std, dtype=torch.float32)
ya, yb = torch.tensor(ya), torch.tensor(yb)

net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))
opt = torch.optim.Adam(net.parameters(), lr=0.02, weight_decay=1e-3)
for step in range(150):
    opt.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(a), ya)
    loss.backward()
    opt.step()
    if step % 30 == 0:
        print(step, loss.item())

with torch.no_grad():
    print("metric: accuracy", round((net(b).argmax(1) == yb).float().mean().item(), 4))
