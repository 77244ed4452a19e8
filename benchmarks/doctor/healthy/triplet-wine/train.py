"""An embedding of wines by triplet loss; nearest centre on held-out wines."""

import numpy as np
import torch
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

torch.manual_seed(0)
np.random.seed(0)
data, label = load_wine(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(data, label, test_size=0.3, stratify=label, random_state=0)
mean, std = x_train.mean(0), x_train.std(0)
x_train = torch.tensor((x_train - mean) / std, dtype=torch.float32)
x_test = torch.tensor((x_test - mean) / std, dtype=torch.float32)

net = torch.nn.Sequential(torch.nn.Linear(13, 32), torch.nn.ReLU(), torch.nn.Linear(32, 4))
criterion = torch.nn.TripletMarginLoss(margin=1.0)
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)


def triplets(n):
    anchor = np.random.randint(len(y_train), size=n)
    positive = [np.random.choice(np.flatnonzero(y_train == y_train[a])) for a in anchor]
    negative = [np.random.choice(np.flatnonzero(y_train != y_train[a])) for a in anchor]
    return x_train[anchor], x_train[positive], x_train[negative]


for step in range(400):
    a, p, n = triplets(32)
    optimizer.zero_grad()
    loss = criterion(net(a), net(p), net(n))
    loss.backward()
    optimizer.step()
    if step % 100 == 0:
        print("step", step, "loss", round(loss.item(), 4))

with torch.no_grad():
    embedded = net(x_train)
    centres = torch.stack([embedded[torch.tensor(y_train == c)].mean(0) for c in range(3)])
    said = torch.cdist(net(x_test), centres).argmin(1).numpy()
print(f"metric: accuracy {(said == y_test).mean():.4f}")
