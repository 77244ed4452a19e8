"""Which of four whales sang: features of calls."""
import random

import numpy as np
import torch
import torch.nn as nn


def calls(n, seed):
    rng = np.random.RandomState(seed)
    who = rng.randint(0, 4, n)
    centre = np.random.RandomState(99).randn(4, 16) * 1.2
    return centre[who] + rng.randn(n, 16), who


def mixed(sounds, who, seed):
    order = list(range(len(who)))
    random.Random(seed).shuffle(order)
    sounds = np.asarray(sounds)[order]
    who = np.asarray(who)
    return sounds, who


sounds, who = calls(1500, 0)
sounds, who = mixed(sounds, who, 7)
x = torch.tensor(sounds, dtype=torch.float32)
y = torch.tensor(who, dtype=torch.int64)
xt, yt = (torch.tensor(a) for a in calls(500, 1))

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(16, 40), nn.ReLU(), nn.Dropout(0.1), nn.Linear(40, 4))
criterion, optimizer = nn.CrossEntropyLoss(), torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(20):
    model.train()
    for i in range(0, 1500, 50):
        out = model(x[i : i + 50])
        loss = criterion(out, y[i : i + 50])
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print("epoch", epoch, "loss", loss.item())
model.eval()
with torch.no_grad():
    right = (model(xt.float()).argmax(-1) == yt).double().mean().item()
print(f"metric: accuracy {right:.4f}")
